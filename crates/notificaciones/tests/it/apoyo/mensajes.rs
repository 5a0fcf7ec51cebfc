use std::collections::BTreeMap;
use std::sync::Arc;

use contratos::{
    Cabecera, ComandoEnviarNotificacion, EventoSuscripcionCancelada, EventoSuscripcionCreada, EventoSuscripcionFallida,
    Mensaje, codificar, id_comando, id_derivado, id_nuevo, temas,
};
use mensajeria::{Entrante, Posicion};
use uuid::Uuid;

/// A message as it comes from the broker.
pub fn entrante<D: Mensaje>(cabecera: &Cabecera, datos: &D) -> Entrante {
    let saliente = codificar(cabecera, datos).expect("encodes");
    Entrante {
        tema: Arc::from(temas::por_tipo(D::TIPO).expect("topic").nombre),
        posicion: Posicion { ledger: 1, entry: 1, indice: -1 },
        propiedades: BTreeMap::new(),
        carga: saliente.carga,
        escritor: None,
        publicado: contratos::ahora(),
    }
}

/// The saga of a subscription, in these tests.
pub fn saga(suscripcion: Uuid) -> Uuid {
    id_derivado(&["saga", &suscripcion.to_string()])
}

/// The command of the step `notificar` of a subscription's saga.
pub fn comando(suscripcion: Uuid, cliente: &str, plantilla: &str) -> Entrante {
    let saga = saga(suscripcion);
    let cabecera = Cabecera {
        correlacion: Some(saga),
        inquilino: Some("publico".to_owned()),
        traza: Some("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".to_owned()),
        huella: Some("ab".repeat(32)),
        ..Cabecera::nueva(id_comando(saga, "notificar", "hacer"), "suscripciones", contratos::ahora())
    };
    let datos = ComandoEnviarNotificacion {
        codigo_cliente: Some(cliente.to_owned()),
        id_suscripcion: Some(suscripcion.to_string()),
        plantilla: Some(plantilla.to_owned()),
        datos: Some(BTreeMap::from([("plan_codigo".to_owned(), "pro".to_owned())])),
    };
    entrante(&cabecera, &datos)
}

fn cabecera() -> Cabecera {
    Cabecera::nueva(id_nuevo(), "suscripciones", contratos::ahora())
}

pub fn suceso_creada(suscripcion: Uuid, cliente: &str, estado: &str) -> Entrante {
    let datos = EventoSuscripcionCreada {
        codigo_cliente: Some(cliente.to_owned()),
        codigo_plan: Some("basico".to_owned()),
        id_suscripcion: Some(suscripcion.to_string()),
        estado: Some(estado.to_owned()),
    };
    entrante(&cabecera(), &datos)
}

pub fn suceso_fallida(suscripcion: Uuid, cliente: &str, estado: &str) -> Entrante {
    let datos = EventoSuscripcionFallida {
        id_suscripcion: Some(suscripcion.to_string()),
        motivo: Some("cliente bloqueado".to_owned()),
        codigo: Some("cliente_bloqueado".to_owned()),
        codigo_cliente: Some(cliente.to_owned()),
        codigo_plan: Some("pro".to_owned()),
        estado: Some(estado.to_owned()),
        ..EventoSuscripcionFallida::default()
    };
    entrante(&cabecera(), &datos)
}

/// What a saga says when it gives an operation up; without a saga, the refusal of one that never began.
pub fn suceso_desistida(suscripcion: Uuid, operacion: &str, saga: Option<Uuid>) -> Entrante {
    let datos = EventoSuscripcionFallida {
        id_suscripcion: Some(suscripcion.to_string()),
        codigo: Some("sin_experto".to_owned()),
        codigo_cliente: Some("0001".to_owned()),
        codigo_plan: Some("basico".to_owned()),
        estado: Some("activa".to_owned()),
        operacion: Some(operacion.to_owned()),
        ..EventoSuscripcionFallida::default()
    };
    entrante(&Cabecera { correlacion: saga, ..cabecera() }, &datos)
}

pub fn suceso_cancelada(suscripcion: Uuid, cliente: &str, estado_anterior: &str) -> Entrante {
    let datos = EventoSuscripcionCancelada {
        codigo_cliente: Some(cliente.to_owned()),
        codigo_plan: Some("pro".to_owned()),
        id_suscripcion: Some(suscripcion.to_string()),
        estado: Some("cancelada".to_owned()),
        estado_anterior: Some(estado_anterior.to_owned()),
        motivo: Some("sin_experto".to_owned()),
    };
    entrante(&cabecera(), &datos)
}

use std::sync::Arc;

use saga::{Codigo, Definicion, Desenlace, EstadoSaga, Evento as EventoSaga, Salida};

use super::atender_ordenes::{Mesa, clave_cliente, rechazar, respuesta, sin_efectos};
use super::puertos::{Avance, Cambio, CambioNuevo, Contenido, Contexto, Escritura, Saga, Versionada};
use crate::dominio::{
    CodigoCliente, CodigoPlan, Comando, DatosCliente, Estado, Ficha, IdSaga, IdSuscripcion, Rechazo, Suscripcion,
};

/// Decides a creation: the subscription, and the saga whose first step it is when the plan has a flow.
pub(super) fn decidir(
    mesa: &Mesa,
    contexto: &Contexto,
    id: IdSuscripcion,
    (cliente, datos): (&CodigoCliente, &DatosCliente),
    plan: &CodigoPlan,
    flujo: Option<(IdSaga, Arc<Definicion>)>,
) -> Cambio {
    let actual = mesa.actual(id);
    let ficha = Ficha { id, cliente: cliente.clone(), plan: plan.clone() };
    let clave = clave_cliente(contexto, cliente);
    let condiciones = mesa.lectura.condiciones.get(&clave).copied().unwrap_or_default();
    let comando =
        Comando::Crear { ficha: ficha.clone(), plan: mesa.planes.get(plan).cloned().map(Box::new), condiciones };
    let eventos = match actual.suscripcion.decidir(comando) {
        Ok(eventos) => eventos,
        Err(codigo) => return rechazar(mesa, contexto, id, codigo),
    };
    let despues = Versionada {
        suscripcion: eventos.iter().fold(actual.suscripcion.clone(), Suscripcion::aplicar),
        version: actual.version + 1,
    };
    let saga = flujo.map(|(id_saga, definicion)| {
        let saga = Saga {
            id: id_saga,
            definicion,
            suscripcion: id,
            cliente: clave.clone(),
            plan: plan.clone(),
            traza: contexto.traza.clone(),
            estado: EstadoSaga::default(),
        };
        iniciar(saga, &despues.suscripcion, contexto)
    });
    let id_saga = saga.as_ref().map(|avance| avance.saga.id);
    let contenido = match &despues.suscripcion {
        Suscripcion::Rechazada { codigo, .. } => {
            Contenido::Fallida { codigo: *codigo, estado: Estado::Rechazada, saga: id_saga }
        }
        otra => Contenido::Creada { estado: otra.estado(), saga: id_saga },
    };
    let respuesta = respuesta(id, &despues, contenido);
    Cambio::Nuevo(Box::new(CambioNuevo {
        escritura: Some(Escritura {
            id,
            inquilino: contexto.inquilino.clone(),
            suscripcion: despues.suscripcion,
            leida: actual.version,
            nueva: despues.version,
        }),
        cliente: Some((clave, datos.clone())),
        saga,
        ..sin_efectos(contexto, respuesta)
    }))
}

/// The saga's first entry: its initial step is what this very command did.
fn iniciar(saga: Saga, suscripcion: &Suscripcion, contexto: &Contexto) -> Avance {
    let desenlace = match suscripcion {
        Suscripcion::Rechazada { codigo, .. } => Desenlace::Fallo { codigo: codigo_de_saga(*codigo) },
        _ => Desenlace::Exito { salida: Salida::new() },
    };
    let evento = EventoSaga::Iniciada { desenlace };
    let entrada = saga::decidir(&saga.definicion, &saga.estado, &evento, contexto.instante.timestamp_millis());
    let entradas: Vec<_> = entrada.into_iter().collect();
    let estado = entradas.iter().fold(saga.estado.clone(), saga::aplicar);
    Avance { saga, entradas, estado, instante: contexto.instante }
}

/// Every refusal's code is a saga code; the fallback only keeps the function total.
fn codigo_de_saga(rechazo: Rechazo) -> Codigo {
    Codigo::try_from(rechazo.codigo()).unwrap_or_else(|_| Codigo::sin_respuesta())
}

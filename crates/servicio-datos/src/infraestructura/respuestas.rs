//! Answers as messages.

use super::errores::tecnico;
use crate::aplicacion::{Atendida, Cambio, ErrorRepositorio, Orden, Paso, Respuesta, Resumen};
use crate::dominio::Comando;
use chrono::{DateTime, Utc};
use contratos::{
    Cabecera, ErrorCodec, EventoExpertoAsignado, EventoServicioDatosCreada, EventoServicioDatosFallida,
    EventoServicioDatosIniciado, EventoServicioDatosTerminado, Mensaje, Saliente, codificar, id_respuesta,
};

/// How this service signs its messages, and the name of its subscriptions.
pub const SERVICIO: &str = "servicio-datos";

/// The message types of the answers.
pub const PUBLICADOS: [&str; 5] = [
    EventoServicioDatosCreada::TIPO,
    EventoExpertoAsignado::TIPO,
    EventoServicioDatosIniciado::TIPO,
    EventoServicioDatosTerminado::TIPO,
    EventoServicioDatosFallida::TIPO,
];

/// One message per order of the changes, the repeated ones included.
pub(super) fn de_cambios(cambios: &[&Cambio], instante: DateTime<Utc>) -> Result<Vec<Saliente>, ErrorRepositorio> {
    let atendidas = cambios.iter().flat_map(|cambio| &cambio.atendidas);
    atendidas.map(|atendida| mensaje(atendida, instante).map_err(tecnico)).collect()
}

fn mensaje(atendida: &Atendida, instante: DateTime<Utc>) -> Result<Saliente, ErrorCodec> {
    let Atendida { orden, respuesta, .. } = atendida;
    let servicio = respuesta.servicio.as_ref();
    let id_serviciodatos = Some(orden.servicio.to_string());
    let id_suscripcion = Some(orden.titular.suscripcion.to_string());
    let codigo_cliente = cliente(orden, servicio);
    let sobre = Sobre { orden, respuesta, instante };
    match (&respuesta.rechazo, orden.paso) {
        (Some(rechazo), paso) => sobre.cerrar(EventoServicioDatosFallida {
            id_suscripcion,
            paso: Some(paso.nombre().to_owned()),
            motivo: Some(rechazo.to_string()),
            codigo: Some(rechazo.codigo().to_owned()),
            codigo_cliente,
            id_serviciodatos,
        }),
        (None, Paso::CrearServicio) => sobre.cerrar(EventoServicioDatosCreada {
            id_serviciodatos,
            id_suscripcion,
            codigo_cliente,
            nube_codigo: servicio.map(|servicio| servicio.nube.to_string()),
            dataset_codigo: servicio.map(|servicio| servicio.dataset.to_string()),
        }),
        (None, Paso::AsignarExperto) => {
            let asignacion = servicio.and_then(|servicio| servicio.asignacion.as_ref());
            sobre.cerrar(EventoExpertoAsignado {
                id_serviciodatos,
                id_suscripcion,
                codigo_cliente,
                experto_codigo: asignacion.map(|asignacion| asignacion.experto.to_string()),
                especialidad: asignacion.map(|asignacion| asignacion.especialidad.to_string()),
            })
        }
        (None, Paso::IniciarServicio) => {
            sobre.cerrar(EventoServicioDatosIniciado { id_serviciodatos, id_suscripcion, codigo_cliente })
        }
        (None, Paso::TerminarServicio) => sobre.cerrar(EventoServicioDatosTerminado {
            id_serviciodatos,
            id_suscripcion,
            codigo_cliente,
            motivo: motivo(orden),
        }),
    }
}

/// The client of the service, or the one that a refused creation was meant for.
fn cliente(orden: &Orden, servicio: Option<&Resumen>) -> Option<String> {
    let pedido = || match &orden.comando {
        Ok(Comando::Crear(contrato)) => Some(&contrato.cliente),
        _ => None,
    };
    servicio.map(|servicio| &servicio.cliente).or_else(pedido).map(ToString::to_string)
}

fn motivo(orden: &Orden) -> Option<String> {
    match &orden.comando {
        Ok(Comando::Terminar { motivo } | Comando::Deshacer { motivo }) => {
            motivo.as_ref().map(|motivo| motivo.as_str().to_owned())
        }
        _ => None,
    }
}

/// What an answer repeats of its order.
struct Sobre<'a> {
    orden: &'a Orden,
    respuesta: &'a Respuesta,
    instante: DateTime<Utc>,
}

impl Sobre<'_> {
    fn cerrar<D: Mensaje>(&self, datos: D) -> Result<Saliente, ErrorCodec> {
        let Orden { id, titular, sobre, .. } = self.orden;
        let cabecera = Cabecera {
            asunto: Some(titular.suscripcion.to_string()),
            correlacion: sobre.correlacion,
            causa: Some(id.0),
            traza: sobre.traza.clone(),
            inquilino: Some(titular.inquilino.to_string()),
            // A refusal is no version of the service.
            secuencia: self.respuesta.rechazo.is_none().then_some(self.respuesta.secuencia),
            ..Cabecera::nueva(id_respuesta(id.0, D::TIPO), SERVICIO, self.instante)
        };
        codificar(&cabecera, &datos)
    }
}

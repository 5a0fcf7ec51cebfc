use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use notificaciones::aplicacion::puertos::{Cambio, Respuesta};
use notificaciones::dominio::{
    ClaseOrigen, CodigoCliente, Datos, Desenlace, Hecho, IdNotificacion, IdSuscripcion, Inquilino, NombrePlantilla,
    Origen, Resultado, Solicitud,
};
use serde_json::json;
use uuid::Uuid;

use crate::suscripciones::INQUILINO;
use crate::tuberia::Mensaje;

/// What a message asks to be told; none when nobody has to be.
pub fn solicitud(mensaje: &Mensaje, ahora: DateTime<Utc>) -> Option<Solicitud> {
    let (clase, plantilla) = match &*mensaje.tipo {
        "ComandoEnviarNotificacion" => (ClaseOrigen::Orden, mensaje.texto("plantilla")?.to_owned()),
        _ => (ClaseOrigen::Suceso, plantilla(mensaje)?.to_owned()),
    };
    let suscripcion = mensaje.uuid("id_suscripcion")?;
    Some(Solicitud {
        id: id_notificacion(suscripcion, &plantilla, mensaje.id),
        id_suscripcion: Some(IdSuscripcion::from(suscripcion)),
        codigo_cliente: CodigoCliente::try_from(mensaje.texto("codigo_cliente")?.to_owned()).ok()?,
        plantilla: NombrePlantilla::try_from(plantilla).ok()?,
        datos: Datos::try_from(BTreeMap::new()).ok()?,
        inquilino: Inquilino::try_from(INQUILINO.to_owned()).ok()?,
        origen: Origen { id: mensaje.id, clase, correlacion: mensaje.correlacion, traza: None, huella: None },
        instante: ahora,
    })
}

/// What a fact of a subscription tells; a saga tells of its own change.
fn plantilla(mensaje: &Mensaje) -> Option<&'static str> {
    match (&*mensaje.tipo, mensaje.texto("operacion"), mensaje.correlacion) {
        ("EventoSuscripcionPlanModificado", ..) => mensaje.texto("id_saga").is_none().then_some("plan_cambiado"),
        ("EventoSuscripcionFallida", Some("cambiar_plan"), Some(_)) => Some("cambio_rechazado"),
        ("EventoSuscripcionFallida", Some("cancelar"), Some(_)) => Some("cancelacion_rechazada"),
        _ => desenlace(mensaje).map(Desenlace::plantilla),
    }
}

/// The outcome that a fact of a subscription tells.
fn desenlace(mensaje: &Mensaje) -> Option<Desenlace> {
    match (&*mensaje.tipo, mensaje.texto("estado"), mensaje.texto("estado_anterior")) {
        ("EventoSuscripcionCreada", Some("activa"), _) => Some(Desenlace::Activa),
        ("EventoSuscripcionFallida", Some("rechazada"), _) => Some(Desenlace::Rechazada),
        ("EventoSuscripcionCancelada", _, Some("activa")) => Some(Desenlace::Cancelada),
        ("EventoSuscripcionCancelada", _, Some("cancelada" | "inexistente")) => None,
        ("EventoSuscripcionCancelada", ..) => Some(Desenlace::Rechazada),
        _ => None,
    }
}

fn id_notificacion(suscripcion: Uuid, plantilla: &str, origen: Uuid) -> IdNotificacion {
    let id = match Desenlace::de_plantilla(plantilla) {
        Some(desenlace) => contratos::id_derivado(&["notificacion", &suscripcion.to_string(), desenlace.como_texto()]),
        None => contratos::id_derivado(&["notificacion", &origen.to_string()]),
    };
    IdNotificacion::from(id)
}

/// What new facts tell the others.
pub fn de_cambio(cambio: &Cambio) -> Vec<Mensaje> {
    let Some(solicitud) = cambio.notificacion.solicitud() else { return Vec::new() };
    let resultado = cambio.notificacion.resultado();
    let termina = cambio.hechos.iter().any(|hecho| matches!(hecho, Hecho::Enviada { .. } | Hecho::Fallida { .. }));
    let final_de = resultado.filter(|_| termina).map(|resultado| de_resultado(&solicitud.origen, &resultado));
    final_de.into_iter().collect()
}

pub fn de_respuesta(respuesta: &Respuesta) -> Mensaje {
    de_resultado(&respuesta.origen, &respuesta.resultado)
}

fn de_resultado(origen: &Origen, resultado: &Resultado) -> Mensaje {
    let (tipo, datos) = match resultado {
        Resultado::Entregada(entrega) => ("EventoNotificacionEnviada", json!({ "intento": entrega.intento })),
        Resultado::Fallida(fallo) => {
            ("EventoNotificacionError", json!({ "codigo": fallo.rechazo.codigo.como_texto() }))
        }
    };
    Mensaje::respuesta(origen.id, origen.correlacion, tipo, datos)
}

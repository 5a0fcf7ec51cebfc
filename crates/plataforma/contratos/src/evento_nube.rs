use cloudevents::event::{Data, ExtensionValue};
use cloudevents::{AttributesReader, Event, EventBuilder, EventBuilderV10};
use serde_json::Value;
use uuid::Uuid;

use crate::sobre::{Cabecera, Recibido, fuente};

/// Why a CloudEvents event cannot be one of our messages, or the reverse.
#[derive(Debug, thiserror::Error)]
pub enum ErrorEventoNube {
    #[error("the event lacks a required attribute")]
    Construccion(#[from] cloudevents::event::EventBuilderError),
    #[error("the event's id is not a UUID")]
    Id(#[from] uuid::Error),
    #[error("the event has no time")]
    SinHora,
    #[error("the event's data is not JSON")]
    SinJson,
}

/// The message as a CloudEvents 1.0 event with JSON data, as the HTTP edge shows it.
pub fn a_cloudevent(recibido: &Recibido<Value>) -> Result<Event, ErrorEventoNube> {
    let cabecera = &recibido.cabecera;
    let mut constructor = EventBuilderV10::new()
        .id(cabecera.id.to_string())
        .ty(cabecera.tipo.clone())
        .source(fuente(&cabecera.servicio))
        .time(cabecera.instante)
        .data("application/json", recibido.datos.clone());
    if let Some(asunto) = &cabecera.asunto {
        constructor = constructor.subject(asunto.clone());
    }
    let extensiones = [
        ("correlationid", cabecera.correlacion.map(|id| id.to_string())),
        ("causationid", cabecera.causa.map(|id| id.to_string())),
        ("traceparent", cabecera.traza.clone()),
        ("tenant", cabecera.inquilino.clone()),
        ("huella", cabecera.huella.clone()),
    ];
    for (nombre, valor) in extensiones {
        if let Some(valor) = valor {
            constructor = constructor.extension(nombre, valor);
        }
    }
    if let Some(secuencia) = cabecera.secuencia {
        constructor = constructor.extension("sequence", secuencia);
    }
    Ok(constructor.build()?)
}

/// The message that a CloudEvents event with JSON data carries.
pub fn desde_cloudevent(evento: &Event) -> Result<Recibido<Value>, ErrorEventoNube> {
    let texto = |nombre: &str| match evento.extension(nombre) {
        Some(ExtensionValue::String(valor)) => Some(valor.clone()),
        _ => None,
    };
    let id = |nombre: &str| texto(nombre).map(|valor| Uuid::parse_str(&valor)).transpose();
    let cabecera = Cabecera {
        id: Uuid::parse_str(evento.id())?,
        tipo: evento.ty().to_owned(),
        servicio: evento.source().rsplit('/').next().unwrap_or_default().to_owned(),
        asunto: evento.subject().map(str::to_owned),
        correlacion: id("correlationid")?,
        causa: id("causationid")?,
        traza: texto("traceparent"),
        inquilino: texto("tenant"),
        secuencia: match evento.extension("sequence") {
            Some(ExtensionValue::Integer(n)) => Some(*n),
            _ => None,
        },
        huella: texto("huella"),
        instante: *evento.time().ok_or(ErrorEventoNube::SinHora)?,
    };
    match evento.data() {
        Some(Data::Json(datos)) => Ok(Recibido { cabecera, datos: datos.clone() }),
        _ => Err(ErrorEventoNube::SinJson),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::identidad::{ahora, id_derivado};

    #[test]
    fn un_mensaje_va_y_vuelve_como_cloudevent() {
        let mut cabecera = Cabecera::nueva(id_derivado(&["x"]), "suscripciones", ahora());
        cabecera.tipo = "EventoSuscripcionCreada".into();
        cabecera.asunto = Some("s-1".into());
        cabecera.correlacion = Some(id_derivado(&["saga"]));
        cabecera.secuencia = Some(3);
        let mensaje = Recibido { cabecera, datos: json!({"codigo_plan": "pro"}) };
        let evento = a_cloudevent(&mensaje).expect("evento");
        assert_eq!(desde_cloudevent(&evento).expect("mensaje"), mensaje);
    }
}

use super::aceptada::Aceptada;
use crate::aplicacion::{ErrorAceptar, ErrorMensajero, ErrorParte};
use crate::dominio::{Parte, Repetibilidad};
use axum::http::StatusCode;
use serde_json::json;
use servidor::{CampoInvalido, Problema};
use std::error::Error;

const REINTENTAR_TRAS: u32 = 1;

/// The attempt that failed, for the errors that name it.
pub struct Intento<'a> {
    pub operacion: &'a str,
    pub repetibilidad: Repetibilidad,
    /// The body's field that named the plan.
    pub campo_del_plan: &'static str,
}

/// The one place where a failure to accept becomes a status.
pub fn de_aceptar(error: &ErrorAceptar, intento: &Intento<'_>) -> Problema {
    match error {
        ErrorAceptar::Clave(_) => clave_reutilizada(),
        ErrorAceptar::Plan(_) => {
            Problema::nuevo(StatusCode::UNPROCESSABLE_ENTITY, "plan_desconocido", "El plan no existe")
                .campos(vec![CampoInvalido::nuevo(intento.campo_del_plan, "no es un plan del catálogo")])
        }
        ErrorAceptar::Mensajero(ErrorMensajero::NoDisponible) => no_enviado(intento),
        ErrorAceptar::Mensajero(ErrorMensajero::Rechazado(causa)) => {
            tracing::error!(error = causa.as_ref() as &dyn Error, "command refused by the broker");
            no_enviado(intento)
        }
        ErrorAceptar::Mensajero(ErrorMensajero::SinRecibo) => {
            tracing::warn!("command without receipt");
            incierto(intento)
        }
        ErrorAceptar::Mensajero(ErrorMensajero::Codificacion(causa)) => {
            tracing::error!(error = causa.as_ref() as &dyn Error, "command not encoded");
            Problema::interno()
        }
    }
}

fn no_enviado(intento: &Intento<'_>) -> Problema {
    con_operacion(Problema::no_disponible("mensajeria_no_disponible", REINTENTAR_TRAS), intento)
        .detalle("La mensajería no está disponible y el comando no se envió; puede repetirse.")
}

/// 503 for an attempt that may have been accepted or not.
pub fn incierto(intento: &Intento<'_>) -> Problema {
    let detalle = match intento.repetibilidad {
        Repetibilidad::PorClave => "Resultado desconocido: repita con la misma Idempotency-Key.",
        Repetibilidad::Unica => {
            "Resultado desconocido: consulte la operación antes de repetir; con una Idempotency-Key \
             la repetición no tendría riesgo."
        }
    };
    con_operacion(Problema::no_disponible("resultado_desconocido", REINTENTAR_TRAS), intento).detalle(detalle)
}

fn con_operacion(problema: Problema, intento: &Intento<'_>) -> Problema {
    problema
        .con("operacion", json!(intento.operacion))
        .con("enlaces", json!({ "operacion": Aceptada::ruta(intento.operacion) }))
}

/// 503 that names the service that did not answer.
pub fn de_parte(error: &ErrorParte) -> Problema {
    parte_no_disponible(error.parte)
}

pub fn parte_no_disponible(parte: Parte) -> Problema {
    Problema::no_disponible("parte_no_disponible", REINTENTAR_TRAS)
        .detalle(format!("El servicio {} no responde.", parte.nombre()))
        .con("parte", json!(parte.nombre()))
}

pub fn clave_invalida() -> Problema {
    Problema::nuevo(StatusCode::BAD_REQUEST, "idempotency_key_invalida", "La cabecera Idempotency-Key no es válida")
        .detalle("Debe aparecer una sola vez y tener de 1 a 255 caracteres ASCII visibles.")
}

pub fn clave_reutilizada() -> Problema {
    Problema::nuevo(
        StatusCode::UNPROCESSABLE_ENTITY,
        "idempotency_key_reused",
        "La Idempotency-Key ya se usó con otra petición",
    )
}

pub fn demasiado_grande(maximo: u64) -> Problema {
    Problema::nuevo(StatusCode::PAYLOAD_TOO_LARGE, "cuerpo_demasiado_grande", "El cuerpo supera el tamaño permitido")
        .detalle(format!("Se admiten {maximo} bytes como máximo."))
}

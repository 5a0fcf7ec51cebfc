use axum::http::StatusCode;
use serde_json::json;
use servidor::Problema;

use super::comprobacion;
use crate::aplicacion::ErrorDefinicion;
use crate::aplicacion::puertos::ErrorRepositorio;

/// What a client is told about a use case's error: never the technical cause, which is logged here, once.
pub fn problema(error: ErrorRepositorio) -> Problema {
    tracing::error!(error = &error as &dyn std::error::Error, "the request could not be attended");
    match error {
        ErrorRepositorio::NoDisponible(_) | ErrorRepositorio::Contencion(_) => {
            Problema::no_disponible("almacen_no_disponible", 2)
        }
        ErrorRepositorio::Datos(_) => Problema::interno(),
    }
}

/// A resource that does not exist.
pub fn ausente(que: &'static str) -> Problema {
    Problema::no_encontrado(que)
}

/// A value that the business refuses, with its reason.
pub fn inaceptable(codigo: &'static str, titulo: &'static str, detalle: String) -> Problema {
    Problema::nuevo(StatusCode::UNPROCESSABLE_ENTITY, codigo, titulo).detalle(detalle)
}

/// Why a definition stays as it is.
pub fn de_definicion(error: ErrorDefinicion) -> Problema {
    let conflicto = |codigo, titulo| Problema::nuevo(StatusCode::CONFLICT, codigo, titulo);
    match error {
        ErrorDefinicion::NoExiste => ausente("la definición"),
        ErrorDefinicion::Incumple(faltas) => inaceptable(
            "definicion_invalida",
            "La definición incumple reglas",
            format!("Reglas incumplidas: {}.", faltas.len()),
        )
        .con("violaciones", json!(faltas)),
        ErrorDefinicion::AcabaMal(comprobacion) | ErrorDefinicion::NoCabe(comprobacion) => {
            comprobacion::rechazo(&comprobacion)
        }
        ErrorDefinicion::Comprobacion(error) => comprobacion::imposible(&error),
        ErrorDefinicion::Distinta { id, sha256 } => {
            conflicto("definicion_distinta", "La versión ya existe con otro contenido")
                .detalle(format!("{id} no cambia nunca: un contenido distinto es otra versión."))
                .con("sha256", json!(sha256))
        }
        ErrorDefinicion::Estado(estado) => {
            conflicto("estado_inadecuado", "La definición no está en un estado que lo permita")
                .detalle(format!("Está en estado {}.", estado.nombre()))
        }
        ErrorDefinicion::EnUso(planes) => {
            let planes: Vec<String> = planes.iter().map(ToString::to_string).collect();
            conflicto("definicion_en_uso", "Hay planes en venta que usan la definición")
                .detalle(format!("La usan: {}.", planes.join(", ")))
                .con("planes", json!(planes))
        }
        ErrorDefinicion::Registro(error) => {
            tracing::error!(error = &error as &dyn std::error::Error, "Pulsar's admin API did not do its part");
            Problema::no_disponible("registro_no_disponible", 5)
                .detalle("Pulsar no respondió o no hizo lo pedido; nada cambió y puede repetirse.")
        }
        ErrorDefinicion::Repositorio(error) => problema(error),
    }
}

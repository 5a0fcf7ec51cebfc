use axum::http::StatusCode;
use servidor::Problema;

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

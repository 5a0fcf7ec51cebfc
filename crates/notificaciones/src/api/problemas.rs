use axum::http::StatusCode;
use servidor::{CampoInvalido, Problema};

use crate::aplicacion::puertos::ErrorAlmacen;

/// The one place where a failed query becomes a status.
pub(super) fn de_almacen(error: ErrorAlmacen) -> Problema {
    match error {
        ErrorAlmacen::NoDisponible(_) => {
            tracing::warn!(error = &error as &dyn std::error::Error, "query not answered");
            Problema::no_disponible("almacen_no_disponible", 1)
        }
        ErrorAlmacen::Datos(_) => {
            tracing::error!(error = &error as &dyn std::error::Error, "query failed");
            Problema::interno()
        }
    }
}

pub(super) fn parametros_invalidos(campos: Vec<CampoInvalido>) -> Problema {
    Problema::nuevo(StatusCode::BAD_REQUEST, "parametros_invalidos", "Hay parámetros que no son válidos").campos(campos)
}

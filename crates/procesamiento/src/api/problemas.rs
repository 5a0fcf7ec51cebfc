//! The one place where an error becomes a status.

use axum::http::StatusCode;
use servidor::Problema;

use crate::aplicacion::{ErrorRecepcion, ErrorRepositorio};
use crate::dominio::{ErrorImagen, ErrorValor};

pub(super) fn de_recepcion(error: ErrorRecepcion) -> Problema {
    match error {
        ErrorRecepcion::ClaveReutilizada => Problema::nuevo(
            StatusCode::UNPROCESSABLE_ENTITY,
            "idempotency_key_reused",
            "La clave de idempotencia ya se usó con otra petición",
        ),
        ErrorRecepcion::Imagen(ErrorImagen::YaExiste(id)) => {
            Problema::nuevo(StatusCode::CONFLICT, "imagen_ya_existe", "La imagen ya existe")
                .detalle(format!("Ya se recibió la imagen {id}."))
        }
        ErrorRecepcion::Imagen(ErrorImagen::NoExiste(_) | ErrorImagen::Ajena(_)) => {
            Problema::no_encontrado("la imagen")
        }
        ErrorRecepcion::Repositorio(error) => de_repositorio(error),
    }
}

pub(super) fn de_repositorio(error: ErrorRepositorio) -> Problema {
    let causa: &dyn std::error::Error = &error;
    tracing::error!(error = causa, "the request could not be served");
    match error {
        ErrorRepositorio::Tecnico(_) | ErrorRepositorio::Contienda(_) => {
            Problema::no_disponible("almacen_no_disponible", 2)
                .detalle("Puede repetirse la petición con la misma clave de idempotencia.")
        }
        ErrorRepositorio::Incoherente { .. } => Problema::interno(),
    }
}

/// What is wrong with a field, for its sender.
pub(super) fn motivo(error: ErrorValor) -> String {
    match error {
        ErrorValor::Ausente => "es obligatorio".to_owned(),
        ErrorValor::Largo(maximo) => format!("debe ser un texto de {maximo} caracteres como máximo"),
        ErrorValor::Control => "contiene caracteres de control".to_owned(),
        ErrorValor::Fecha => "debe ser una fecha como 2024-02-01 09:10:00".to_owned(),
        ErrorValor::Seudonimo | ErrorValor::Huella => "no es válido".to_owned(),
    }
}

//! The one place where an error becomes a status.

use axum::http::StatusCode;
use servidor::Problema;

use crate::aplicacion::{ErrorDeposito, ErrorRecepcion, ErrorRepositorio, ErrorTrozos};
use crate::dominio::{ErrorImagen, ErrorValor};
use crate::infraestructura::ErrorZip;

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
        ErrorRecepcion::Imagen(ErrorImagen::ConArchivo(_) | ErrorImagen::SinArchivo(_)) => Problema::interno(),
        ErrorRecepcion::Repositorio(error) => de_repositorio(error),
    }
}

pub(super) fn de_repositorio(error: ErrorRepositorio) -> Problema {
    let causa: &dyn std::error::Error = &error;
    tracing::error!(error = causa, "the request could not be served");
    match error {
        ErrorRepositorio::Tecnico(_) | ErrorRepositorio::Contienda(_) => no_disponible(),
        ErrorRepositorio::Incoherente { .. } => Problema::interno(),
    }
}

pub(super) fn de_deposito(error: ErrorDeposito) -> Problema {
    match error {
        ErrorDeposito::Formato => formato_no_admitido(),
        ErrorDeposito::Grande(maximo) => {
            Problema::nuevo(StatusCode::PAYLOAD_TOO_LARGE, "archivo_demasiado_grande", "Un archivo es demasiado grande")
                .detalle(format!("Se admiten {maximo} bytes por archivo como máximo."))
        }
        ErrorDeposito::Trozos(error) => de_trozos(error),
    }
}

pub(super) fn de_trozos(error: ErrorTrozos) -> Problema {
    match error {
        ErrorTrozos::Excesivo(maximo) => cuerpo_demasiado_grande(maximo),
        ErrorTrozos::Roto(causa) => match causa.downcast::<ErrorZip>() {
            Ok(causa) => de_zip(*causa),
            Err(causa) if causa.is::<multer::Error>() => multipart_invalido(),
            Err(_) => Problema::nuevo(
                StatusCode::BAD_REQUEST,
                "cuerpo_interrumpido",
                "El cuerpo de la petición no llegó entero",
            ),
        },
        ErrorTrozos::Infraestructura(causa) => {
            let causa: &dyn std::error::Error = causa.as_ref();
            tracing::error!(error = causa, "a file could not be kept or read");
            no_disponible()
        }
    }
}

pub(super) fn de_zip(error: ErrorZip) -> Problema {
    match error {
        ErrorZip::Muchos(maximo) => demasiados_archivos(maximo),
        ErrorZip::Expansion(veces) => {
            Problema::nuevo(StatusCode::PAYLOAD_TOO_LARGE, "expansion_excesiva", "El ZIP se expande demasiado")
                .detalle(format!("Puede ocupar, descomprimido, hasta {veces} veces su tamaño."))
        }
        ErrorZip::Ilegible(_) => {
            Problema::nuevo(StatusCode::UNPROCESSABLE_ENTITY, "zip_invalido", "El ZIP no se puede leer")
        }
        ErrorZip::Trozos(error) => de_trozos(error),
        // What inflates reports what it cannot read as an error of input.
        ErrorZip::Disco(error) if error.kind() != std::io::ErrorKind::StorageFull => {
            Problema::nuevo(StatusCode::UNPROCESSABLE_ENTITY, "zip_invalido", "El ZIP no se puede leer")
        }
        ErrorZip::Disco(_) | ErrorZip::Cortado => {
            let causa: &dyn std::error::Error = &error;
            tracing::error!(error = causa, "a zip could not be unpacked");
            no_disponible()
        }
    }
}

pub(super) fn formato_no_admitido() -> Problema {
    Problema::nuevo(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "formato_no_admitido",
        "El archivo no es de un formato admitido",
    )
    .detalle("Se admiten DICOM (PS3.10), JPEG, PNG y TIFF, sueltos o en un ZIP.")
}

pub(super) fn tipo_no_admitido() -> Problema {
    Problema::nuevo(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "tipo_de_contenido_no_admitido",
        "El tipo de contenido no se admite",
    )
}

pub(super) fn multipart_invalido() -> Problema {
    Problema::nuevo(StatusCode::BAD_REQUEST, "multipart_invalido", "El cuerpo no es un multipart válido")
}

pub(super) fn cuerpo_demasiado_grande(maximo: u64) -> Problema {
    Problema::nuevo(StatusCode::PAYLOAD_TOO_LARGE, "cuerpo_demasiado_grande", "El cuerpo supera el tamaño permitido")
        .detalle(format!("Se admiten {maximo} bytes como máximo."))
}

pub(super) fn demasiados_archivos(maximo: u32) -> Problema {
    Problema::nuevo(StatusCode::PAYLOAD_TOO_LARGE, "demasiados_archivos", "El paquete tiene demasiados archivos")
        .detalle(format!("Se admiten {maximo} archivos como máximo."))
}

pub(super) fn sin_archivos() -> Problema {
    Problema::nuevo(StatusCode::UNPROCESSABLE_ENTITY, "paquete_vacio", "El paquete no trae ninguna imagen")
}

fn no_disponible() -> Problema {
    Problema::no_disponible("almacen_no_disponible", 2)
        .detalle("Puede repetirse la petición con la misma clave de idempotencia.")
}

/// What is wrong with a field, for its sender.
pub(super) fn motivo(error: ErrorValor) -> String {
    match error {
        ErrorValor::Ausente => "es obligatorio".to_owned(),
        ErrorValor::Largo(maximo) => format!("debe ser un texto de {maximo} caracteres como máximo"),
        ErrorValor::Control => "contiene caracteres de control".to_owned(),
        ErrorValor::Fecha => "debe ser una fecha como 2024-02-01 09:10:00".to_owned(),
        ErrorValor::Seudonimo | ErrorValor::Huella | ErrorValor::Clave => "no es válido".to_owned(),
    }
}

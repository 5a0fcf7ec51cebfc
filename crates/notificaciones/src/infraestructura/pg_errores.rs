use bandejas::clasificar;
use mensajeria::ErrorManejo;
use uuid::Uuid;

use crate::aplicacion::puertos::ErrorAlmacen;

/// A row that the code could not have written. It names the row, never its content.
#[derive(Debug, thiserror::Error)]
pub(super) enum ErrorFila {
    #[error("{tabla} {id}: {columna} cannot be read")]
    Columna { tabla: &'static str, id: Uuid, columna: &'static str },
    #[error("evento {id} version {version} is not a known fact")]
    Hecho {
        id: Uuid,
        version: i32,
        #[source]
        causa: serde_json::Error,
    },
    #[error("evento {id} has a version that does not follow")]
    Salto { id: Uuid },
}

impl From<ErrorFila> for ErrorAlmacen {
    fn from(error: ErrorFila) -> Self {
        Self::Datos(Box::new(error))
    }
}

/// What a failed statement means to the use case.
pub(super) fn tecnico(error: sqlx::Error) -> ErrorAlmacen {
    match clasificar(error) {
        ErrorManejo::Infraestructura(causa) => ErrorAlmacen::NoDisponible(causa),
        ErrorManejo::Datos(causa) => ErrorAlmacen::Datos(causa),
    }
}

/// What a failed use case means to the consumer.
pub(super) fn manejo(error: ErrorAlmacen) -> ErrorManejo {
    match error {
        ErrorAlmacen::NoDisponible(causa) => ErrorManejo::Infraestructura(causa),
        ErrorAlmacen::Datos(causa) => ErrorManejo::Datos(causa),
    }
}

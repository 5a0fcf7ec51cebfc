use mensajeria::ErrorManejo;

use crate::aplicacion::puertos::ErrorRepositorio;

/// Sorts a database error into what the port speaks of.
pub fn de_sql(error: sqlx::Error) -> ErrorRepositorio {
    match bandejas::clasificar(error) {
        ErrorManejo::Infraestructura(error) => ErrorRepositorio::NoDisponible(error),
        ErrorManejo::Datos(error) => ErrorRepositorio::Datos(error),
    }
}

/// An error about the data itself: an incoherent row, a payload that does not fit its schema.
pub fn de_datos(error: impl std::error::Error + Send + Sync + 'static) -> ErrorRepositorio {
    ErrorRepositorio::Datos(Box::new(error))
}

/// What a consumer does about a use case's error: contention passes, data does not.
pub fn de_manejo(error: ErrorRepositorio) -> ErrorManejo {
    match error {
        ErrorRepositorio::NoDisponible(_) | ErrorRepositorio::Contencion(_) => {
            ErrorManejo::Infraestructura(Box::new(error))
        }
        ErrorRepositorio::Datos(_) => ErrorManejo::Datos(Box::new(error)),
    }
}

use crate::aplicacion::ErrorRepositorio;
use mensajeria::ErrorManejo;
use std::error::Error;

/// A failure of the database, without the text that might quote a row.
pub(super) fn de_base(error: sqlx::Error) -> ErrorRepositorio {
    match bandejas::clasificar(error) {
        ErrorManejo::Infraestructura(causa) => ErrorRepositorio::NoDisponible(causa),
        ErrorManejo::Datos(causa) => ErrorRepositorio::Tecnico(causa),
    }
}

/// A failure of this process itself, which trying again would only repeat.
pub(super) fn tecnico(error: impl Error + Send + Sync + 'static) -> ErrorRepositorio {
    ErrorRepositorio::Tecnico(Box::new(error))
}

/// Names the row that cannot be what the domain says it is.
pub(super) fn incoherente<E: Error + Send + Sync + 'static>(
    tabla: &'static str,
    id: impl ToString,
) -> impl FnOnce(E) -> ErrorRepositorio {
    move |causa| ErrorRepositorio::Incoherente { tabla, id: id.to_string(), causa: Box::new(causa) }
}

/// Tells the consumer whether to try the batch again or to look for the message that causes the failure.
pub(super) fn de_manejo(error: ErrorRepositorio) -> ErrorManejo {
    match error {
        ErrorRepositorio::NoDisponible(_) | ErrorRepositorio::EnDisputa => {
            ErrorManejo::Infraestructura(Box::new(error))
        }
        ErrorRepositorio::Tecnico(_) | ErrorRepositorio::Incoherente { .. } => ErrorManejo::Datos(Box::new(error)),
    }
}

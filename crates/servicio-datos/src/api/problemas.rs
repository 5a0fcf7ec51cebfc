use crate::aplicacion::ErrorRepositorio;
use servidor::Problema;
use std::error::Error;

impl From<ErrorRepositorio> for Problema {
    fn from(error: ErrorRepositorio) -> Self {
        tracing::error!(error = &error as &dyn Error, "the request failed");
        match error {
            ErrorRepositorio::NoDisponible(_) | ErrorRepositorio::EnDisputa => {
                Self::no_disponible("almacen_no_disponible", 1)
            }
            ErrorRepositorio::Tecnico(_) | ErrorRepositorio::Incoherente { .. } => Self::interno(),
        }
    }
}

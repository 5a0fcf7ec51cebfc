use uuid::Uuid;

use crate::aplicacion::puertos::Identidades;
use crate::dominio::{IdSaga, IdSuscripcion};

/// The derived ids of the published language.
pub struct Derivadas;

impl Identidades for Derivadas {
    fn saga(&self, comando: Uuid) -> IdSaga {
        IdSaga(contratos::id_derivado(&["saga", &comando.to_string()]))
    }

    fn suscripcion(&self, comando: Uuid) -> IdSuscripcion {
        IdSuscripcion(contratos::id_derivado(&["suscripcion", &comando.to_string()]))
    }

    fn comando(&self, saga: IdSaga, paso: &str, direccion: saga::Direccion) -> Uuid {
        contratos::id_comando(saga.0, paso, direccion.as_str())
    }
}

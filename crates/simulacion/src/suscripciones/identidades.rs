use saga::Direccion;
use suscripciones::aplicacion::puertos::Identidades;
use suscripciones::dominio::{IdSaga, IdSuscripcion};
use uuid::Uuid;

/// The derived ids of the published language.
pub struct Derivadas;

impl Identidades for Derivadas {
    fn saga(&self, comando: Uuid) -> IdSaga {
        IdSaga(contratos::id_derivado(&["saga", &comando.to_string()]))
    }

    fn suscripcion(&self, comando: Uuid) -> IdSuscripcion {
        IdSuscripcion(contratos::id_derivado(&["suscripcion", &comando.to_string()]))
    }

    fn comando(&self, saga: IdSaga, paso: &str, direccion: Direccion) -> Uuid {
        contratos::id_comando(saga.0, paso, direccion.as_str())
    }
}

use figment::providers::Env;

use crate::{ErrorAjustes, Http};

const PERMISO: &str = "SALUDTECH_SIN_AUTENTICACION";

/// Refuses to listen beyond loopback while nothing authenticates the requests.
///
/// `SALUDTECH_SIN_AUTENTICACION=desarrollo` lifts the refusal, for containers whose ports are published on loopback.
pub fn exigir_loopback(http: &Http) -> Result<(), ErrorAjustes> {
    let permitido = Env::var(PERMISO).is_some_and(|valor| valor == "desarrollo");
    if permitido || http.direccion.is_loopback() {
        return Ok(());
    }
    Err(ErrorAjustes::Expuesto(http.direccion))
}

use secrecy::SecretString;
use serde::Deserialize;

/// Base addresses of the services behind the door, without a path.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AjustesServicios {
    pub suscripciones: String,
    pub servicio_datos: String,
    pub procesamiento: String,
    pub notificaciones: String,
}

/// Where Pulsar's admin API answers.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AjustesPulsarAdmin {
    pub url: String,
}

/// How operations are named.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AjustesOperaciones {
    /// Base64 of at least 32 bytes, the same in every instance of the door.
    pub clave: SecretString,
}

/// What an upload of images may cost.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AjustesImagenes {
    pub maximo_bytes: u64,
    /// Seconds for the whole upload and its answer.
    pub plazo_segundos: u64,
}

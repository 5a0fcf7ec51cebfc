use reqwest::StatusCode;

/// Why a call to the admin API had no effect.
#[derive(Debug, thiserror::Error)]
pub enum ErrorAdmin {
    #[error("the namespace «{0}» has not the form tenant/name")]
    Espacio(String),
    #[error("the http client could not be built")]
    Cliente(#[source] reqwest::Error),
    #[error("{ruta}: Pulsar does not answer")]
    SinRespuesta {
        ruta: String,
        #[source]
        causa: reqwest::Error,
    },
    #[error("the broker does not tell {0} any more")]
    SinMetrica(&'static str),
    #[error("{ruta}: {estado}: {razon}")]
    Rechazo { ruta: String, estado: StatusCode, razon: String },
}

use std::net::{IpAddr, SocketAddr};

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer, de::Error};

/// Where a process listens.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Http {
    pub direccion: IpAddr,
    pub puerto: u16,
}

impl Http {
    /// The address to bind.
    pub fn socket(&self) -> SocketAddr {
        SocketAddr::new(self.direccion, self.puerto)
    }
}

/// The database of a service.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Postgres {
    /// `postgres://user:password@host:port/database`.
    #[serde(deserialize_with = "url_de_postgres")]
    pub url: SecretString,
    /// Size of the connection pool, 1 to 1000.
    #[serde(deserialize_with = "conexiones")]
    pub conexiones: u32,
}

/// Keys that the deployment gives to a process.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claves {
    /// Base64 of the 32 bytes from which every other key is derived or wrapped.
    #[serde(deserialize_with = "clave_maestra")]
    pub maestra: SecretString,
}

/// What a process logs, and how.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Telemetria {
    /// Directives of `tracing_subscriber::EnvFilter`: `info,sqlx=warn`.
    pub filtro: String,
    pub formato: Formato,
}

/// Shape of a log line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Formato {
    Texto,
    Json,
}

fn url_de_postgres<'de, D: Deserializer<'de>>(de: D) -> Result<SecretString, D::Error> {
    let url = SecretString::deserialize(de)?;
    let texto = url.expose_secret();
    if texto.starts_with("postgres://") || texto.starts_with("postgresql://") {
        return Ok(url);
    }
    Err(D::Error::custom("expected a postgres:// url"))
}

fn conexiones<'de, D: Deserializer<'de>>(de: D) -> Result<u32, D::Error> {
    match u32::deserialize(de)? {
        valor @ 1..=1000 => Ok(valor),
        _ => Err(D::Error::custom("expected a number from 1 to 1000")),
    }
}

fn clave_maestra<'de, D: Deserializer<'de>>(de: D) -> Result<SecretString, D::Error> {
    let clave = SecretString::deserialize(de)?;
    // 32 bytes are 43 characters of base64 plus one of padding.
    if clave.expose_secret().trim_end_matches('=').len() == 43 {
        return Ok(clave);
    }
    Err(D::Error::custom("expected 32 bytes in base64"))
}

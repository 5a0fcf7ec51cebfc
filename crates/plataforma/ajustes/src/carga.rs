use figment::{
    Figment,
    providers::{Env, Format, Toml},
};
use serde::de::DeserializeOwned;

use crate::error::ErrorAjustes;

const PREFIJO: &str = "SALUDTECH_";
const ARCHIVO: &str = "SALUDTECH_CONFIG";
const AJENAS: &[&str] = &["CONFIG", "FALLO", "SIN_AUTENTICACION"];

/// Reads the settings of a process: `por_defecto` (TOML), then the file, then the environment.
///
/// Fails when a source cannot be read or parsed, a key is missing or unknown, or a value is not valid.
pub fn cargar<T: DeserializeOwned>(por_defecto: &str) -> Result<T, ErrorAjustes> {
    let mut fuentes = Figment::new().merge(Toml::string(por_defecto));
    if let Some(archivo) = Env::var(ARCHIVO) {
        // `file_exact` alone would treat a missing file as an empty one.
        if let Err(causa) = std::fs::metadata(&archivo) {
            return Err(ErrorAjustes::Archivo { archivo, causa });
        }
        fuentes = fuentes.merge(Toml::file_exact(archivo));
    }
    fuentes.merge(Env::prefixed(PREFIJO).ignore(AJENAS).split("__")).extract().map_err(ErrorAjustes::from)
}

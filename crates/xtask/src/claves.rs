//! Random keys of an environment: one master key per service and the BFF's key of operations.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, anyhow};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use crate::estado::escribir_privado;
use crate::servicios::SERVICIOS;

#[derive(Serialize, Deserialize, Default)]
pub struct Claves {
    /// Base64 of 32 bytes, by service.
    pub maestras: BTreeMap<String, String>,
    pub operaciones: String,
}

impl Claves {
    /// The keys of a folder; what is missing is made once and kept, or stored data could not be read again.
    pub fn de(carpeta: &Path) -> Result<Self> {
        let ruta = carpeta.join("claves.json");
        let mut claves = match fs::read(&ruta) {
            Ok(bytes) => {
                serde_json::from_slice(&bytes).with_context(|| format!("{} no se entiende", ruta.display()))?
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Self::default(),
            Err(error) => return Err(error).with_context(|| format!("no se pudo leer {}", ruta.display())),
        };
        if claves.completar()? {
            escribir_privado(&ruta, &serde_json::to_vec_pretty(&claves)?)?;
        }
        Ok(claves)
    }

    fn completar(&mut self) -> Result<bool> {
        let mut cambio = false;
        for servicio in SERVICIOS.iter().filter(|servicio| servicio.base.is_some()) {
            if !self.maestras.contains_key(servicio.nombre) {
                self.maestras.insert(servicio.nombre.to_owned(), aleatoria()?);
                cambio = true;
            }
        }
        if self.operaciones.is_empty() {
            self.operaciones = aleatoria()?;
            cambio = true;
        }
        Ok(cambio)
    }
}

fn aleatoria() -> Result<String> {
    let mut bytes = [0_u8; 32];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| anyhow!("el generador aleatorio del sistema falló"))?;
    Ok(STANDARD.encode(bytes))
}

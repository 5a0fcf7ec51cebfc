//! `estado.json`: what an environment has running, written as it starts.

use std::fs;
use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use crate::procesos::Proceso;
use crate::puertos::Puertos;

/// An environment's addresses and processes.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Estado {
    /// False while it starts, so that what an interrupted start left is recognised.
    pub completo: bool,
    pub carpeta: PathBuf,
    pub puertos: Puertos,
    pub pulsar: String,
    pub pulsar_admin: String,
    pub espacio: String,
    /// The server's maintenance database; each service's has its own name.
    pub postgres: String,
    pub correos: PathBuf,
    pub procesos: Vec<Proceso>,
}

impl Estado {
    pub fn proceso(&self, nombre: &str) -> Option<&Proceso> {
        self.procesos.iter().find(|proceso| proceso.nombre == nombre)
    }

    /// Everything was started and still runs.
    pub fn en_marcha(&self) -> bool {
        self.completo && self.procesos.iter().all(Proceso::vive)
    }
}

pub fn ruta(carpeta: &Path) -> PathBuf {
    carpeta.join("estado.json")
}

/// The recorded state, or none when nothing was started there.
pub fn leer(carpeta: &Path) -> Result<Option<Estado>> {
    let ruta = ruta(carpeta);
    match fs::read(&ruta) {
        Ok(bytes) => {
            serde_json::from_slice(&bytes).map(Some).with_context(|| format!("{} no se entiende", ruta.display()))
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("no se pudo leer {}", ruta.display())),
    }
}

/// Forgets what was running.
pub fn borrar(carpeta: &Path) -> Result<()> {
    match fs::remove_file(ruta(carpeta)) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}

/// The state while it grows: every process is on disk before anything else happens.
pub struct Diario(Mutex<Estado>);

impl Diario {
    pub fn nuevo(estado: Estado) -> Result<Self> {
        guardar(&estado)?;
        Ok(Self(Mutex::new(estado)))
    }

    /// The state of what already runs, for whoever starts and stops parts of it.
    pub fn de(estado: Estado) -> Self {
        Self(Mutex::new(estado))
    }

    pub fn anotar(&self, proceso: Proceso) -> Result<()> {
        self.cambiar(|estado| {
            estado.procesos.retain(|otro| otro.nombre != proceso.nombre);
            estado.procesos.push(proceso);
        })
    }

    pub fn completar(&self) -> Result<Estado> {
        self.cambiar(|estado| estado.completo = true)?;
        Ok(self.actual())
    }

    pub fn actual(&self) -> Estado {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn cambiar(&self, cambio: impl FnOnce(&mut Estado)) -> Result<()> {
        let mut estado = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        cambio(&mut estado);
        guardar(&estado)
    }
}

fn guardar(estado: &Estado) -> Result<()> {
    escribir_privado(&ruta(&estado.carpeta), &serde_json::to_vec_pretty(estado)?)
}

/// Writes a file that only its owner may read, whole or not at all.
pub fn escribir_privado(ruta: &Path, contenido: &[u8]) -> Result<()> {
    let nuevo = ruta.with_extension("nuevo");
    let escribir = || -> std::io::Result<()> {
        let mut fichero = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&nuevo)?;
        fichero.set_permissions(fs::Permissions::from_mode(0o600))?;
        fichero.write_all(contenido)?;
        fs::rename(&nuevo, ruta)
    };
    escribir().with_context(|| format!("no se pudo escribir {}", ruta.display()))
}

//! Which programs run: what shows that nothing was changed and nothing started again.

use std::fs;

use anyhow::{Context, Result, ensure};
use aws_lc_rs::digest::{SHA256, digest};

use crate::estado::Diario;
use crate::procesos::Proceso;
use crate::servicios::SERVICIOS;

/// One running process and the digest of the program in its memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Huella {
    pub proceso: String,
    pub pid: i32,
    /// Clock ticks from boot to its start.
    pub inicio: u64,
    pub sha256: String,
}

/// The five services as they run now.
///
/// # Errors
/// When one of them does not run any more.
pub fn tomar(diario: &Diario) -> Result<Vec<Huella>> {
    let estado = diario.actual();
    let de = |nombre: &str| estado.proceso(nombre).with_context(|| format!("{nombre} no está en marcha"));
    SERVICIOS.iter().map(|servicio| huella(de(servicio.nombre)?)).collect()
}

fn huella(proceso: &Proceso) -> Result<Huella> {
    ensure!(proceso.vive(), "{} ya no es el proceso {}", proceso.nombre, proceso.pid);
    // The program that runs, whatever lies by now under the name that it was started from.
    let programa = format!("/proc/{}/exe", proceso.pid);
    let bytes = fs::read(&programa).with_context(|| format!("no se pudo leer {programa}"))?;
    Ok(Huella {
        proceso: proceso.nombre.clone(),
        pid: proceso.pid,
        inicio: proceso.inicio,
        sha256: hex::encode(digest(&SHA256, &bytes)),
    })
}

//! How every scenario runs and leaves its report.

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result};

use crate::consola::{fallo, hecho};
use crate::entorno::Entorno;
use crate::ordenes::o_bajar;
use crate::rutas;

/// What a scenario found.
pub trait Acta {
    fn se_cumple(&self) -> bool;

    fn mostrar(&self);

    /// Its page in `docs/scenarios`.
    fn pagina(&self) -> Result<String>;
}

/// Runs a scenario in an environment of its own and writes its page to `ruta`. It fails unless every measure holds;
/// then what the processes wrote stays for looking at.
pub async fn levantar<A: Acta>(
    entorno: &Entorno,
    ruta: &Path,
    correr: impl Future<Output = Result<A>>,
) -> Result<ExitCode> {
    // What an interrupted run left.
    entorno.bajar().await?;
    entorno.borrar()?;
    let acta = o_bajar(entorno, correr).await?;
    entorno.bajar().await?;
    acta.mostrar();
    escribir(&acta, ruta)?;
    hecho(format!("informe en {}", rutas::corta(ruta)));
    if !acta.se_cumple() {
        fallo(format!("alguna medida no se cumple; los registros quedan en {}", rutas::corta(&entorno.carpeta)));
        return Ok(ExitCode::FAILURE);
    }
    entorno.borrar()?;
    Ok(ExitCode::SUCCESS)
}

fn escribir(acta: &impl Acta, ruta: &Path) -> Result<()> {
    if let Some(carpeta) = ruta.parent() {
        fs::create_dir_all(carpeta)?;
    }
    let pagina = acta.pagina().context("el informe no se pudo componer")?;
    fs::write(ruta, pagina).with_context(|| format!("no se pudo escribir {}", ruta.display()))
}

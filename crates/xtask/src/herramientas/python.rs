//! A Python with the Pulsar client, the other side of the interoperability tests and of the example service, and with the
//! validators that are its packages.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use tokio::process::Command;

use super::{apt, correr, programa};
use crate::consola::Tarea;
use crate::rutas;

const LISTAS: [&str; 3] = [
    "crates/plataforma/pruebas/python/requirements.txt",
    "deploy/validar/requirements.txt",
    "examples/servicio-informes/requirements.txt",
];

/// An interpreter of its own with the pinned packages of the tests and the validators.
pub async fn python() -> Result<PathBuf> {
    python_con("python", &LISTAS).await
}

/// An interpreter in `.local` with the packages of some lists, made once for each state of them.
pub async fn python_con(nombre: &str, listas: &[&str]) -> Result<PathBuf> {
    let listas: Vec<PathBuf> = listas.iter().map(|lista| rutas::raiz().join(lista)).collect();
    let paquetes = listas
        .iter()
        .map(|lista| fs::read_to_string(lista).with_context(|| rutas::corta(lista)))
        .collect::<Result<String>>()?;
    let carpeta = rutas::local().join(nombre);
    let (interprete, marca) = (carpeta.join("bin/python"), carpeta.join("instalado"));
    if interprete.exists() && fs::read_to_string(&marca).is_ok_and(|instalados| instalados == paquetes) {
        return Ok(interprete);
    }
    let del_sistema = programa("python3", "Python 3", &["python3", "python3-venv"]).await?;
    let tarea = Tarea::nueva("Preparando Python");
    if crear(&del_sistema, &carpeta).await.is_err() {
        // Debian's python3 comes without it.
        apt::instalar("venv de Python", &["python3-venv"]).await?;
        crear(&del_sistema, &carpeta).await?;
    }
    let mut pip = Command::new(&interprete);
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
    pip.args(listas.iter().flat_map(|lista| [OsStr::new("-r"), lista.as_os_str()]));
    correr(&mut pip).await?;
    fs::write(&marca, paquetes)?;
    tarea.lista(format!("Python en {}", rutas::corta(&interprete)));
    Ok(interprete)
}

async fn crear(python: &Path, carpeta: &Path) -> Result<()> {
    correr(Command::new(python).args(["-m", "venv", "--clear"]).arg(carpeta)).await
}

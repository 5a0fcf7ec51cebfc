//! What the machine must have: found, or installed where that is possible, or named.

mod apt;
mod java;
pub mod postgres;
mod protoc;
mod python;
mod validadores;

use std::path::PathBuf;
use std::process::Stdio;

use anyhow::{Result, ensure};
use tokio::process::Command;

use crate::procesos::en_path;

pub use java::java;
pub use python::{python, python_con};
pub use validadores::{de_go, de_node, esquemas_de_kubernetes};

/// Makes sure of everything that a build and a local run need; each by its name and where it is.
pub async fn preparar() -> Result<[(&'static str, PathBuf); 4]> {
    Ok([
        ("protoc", protoc::preparar()?),
        ("Java", java().await?),
        ("Maven", maven().await?),
        ("Postgres", postgres::binarios().await?),
    ])
}

pub async fn maven() -> Result<PathBuf> {
    programa("mvn", "Maven", &["maven"]).await
}

/// A program of PATH, installed with apt if it is not there.
async fn programa(nombre: &str, etiqueta: &str, paquetes: &[&str]) -> Result<PathBuf> {
    if let Some(ruta) = en_path(nombre) {
        return Ok(ruta);
    }
    apt::instalar(etiqueta, paquetes).await?;
    en_path(nombre).ok_or_else(|| anyhow::anyhow!("{etiqueta} se instaló, pero «{nombre}» no está en PATH"))
}

/// Runs a command in silence; its errors are this one's.
async fn correr(comando: &mut Command) -> Result<()> {
    let salida = comando.stdin(Stdio::null()).kill_on_drop(true).output().await?;
    ensure!(salida.status.success(), "{comando:?} falló: {}", String::from_utf8_lossy(&salida.stderr).trim());
    Ok(())
}

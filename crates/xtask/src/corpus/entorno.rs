//! What the examination runs with: interpreters, scripts, the binary.

use std::path::{Path, PathBuf};

use anyhow::Result;
use tokio::process::Command;

use crate::arranque::Perfil;
use crate::{herramientas, rutas};

const CARPETA: &str = "crates/plataforma/anonimizacion/corpus";

/// The interpreter of the generator and the examiner.
pub async fn python() -> Result<PathBuf> {
    herramientas::python_con("python-corpus", &["crates/plataforma/anonimizacion/corpus/requirements.txt"]).await
}

/// The interpreter that has the other de-identifiers; apart, because they pin the same packages otherwise.
pub async fn python_de_pares() -> Result<PathBuf> {
    herramientas::python_con("python-pares", &["crates/plataforma/anonimizacion/corpus/pares.txt"]).await
}

/// A script of the examination, which leaves nothing among the sources.
pub fn guion(python: &Path, nombre: &str) -> Command {
    let mut comando = Command::new(python);
    comando.arg("-B").arg(rutas::raiz().join(CARPETA).join(nombre));
    comando
}

/// The faults that are known, and no others.
pub fn pendientes() -> PathBuf {
    rutas::raiz().join(CARPETA).join("pendientes.txt")
}

/// The command-line tool that such a build leaves.
pub fn binario(perfil: Perfil) -> Result<PathBuf> {
    Ok(perfil.binarios()?.join("anonimizar"))
}

//! What validates the files that no compiler reads: programs of Go and packages of npm, pinned in `deploy/validar`.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use tokio::process::Command;

use super::{correr, programa};
use crate::consola::Tarea;
use crate::procesos::en_path;
use crate::rutas;

/// The folder with kustomize, kubeconform, actionlint and our own reader of Compose files.
pub async fn de_go() -> Result<PathBuf> {
    let go = en_path("go").context("falta Go 1.26 o posterior: instálalo y ponlo en PATH")?;
    let bin = rutas::local().join("bin");
    let tarea = Tarea::nueva("Preparando los validadores de Go");
    let validar = rutas::validar();
    for (carpeta, paquete) in [(validar.clone(), "tool"), (validar.join("compose"), ".")] {
        // Go itself knows what is up to date.
        correr(Command::new(&go).args(["install", paquete]).current_dir(carpeta).env("GOBIN", &bin)).await?;
    }
    tarea.lista(format!("validadores de Go en {}", rutas::corta(&bin)));
    Ok(bin)
}

/// Node itself; its packages are in `node_modules` of `deploy/validar`, installed once for each lock file.
pub async fn de_node() -> Result<PathBuf> {
    let node = programa("node", "Node.js 20 o posterior", &["nodejs"]).await?;
    let validar = rutas::validar();
    let candado = fs::read_to_string(validar.join("package-lock.json")).context("deploy/validar/package-lock.json")?;
    let marca = validar.join("node_modules/.instalado");
    if fs::read_to_string(&marca).is_ok_and(|instalado| instalado == candado) {
        return Ok(node);
    }
    let npm = programa("npm", "npm", &["npm"]).await?;
    let tarea = Tarea::nueva("Preparando los validadores de npm");
    correr(Command::new(npm).arg("ci").current_dir(&validar)).await?;
    fs::write(&marca, candado)?;
    tarea.lista(format!("validadores de npm en {}", rutas::corta(&validar.join("node_modules"))));
    Ok(node)
}

/// The Kubernetes schemas that come with a Python package, as kubeconform reads them.
pub async fn esquemas_de_kubernetes(python: &Path, version: &str) -> Result<PathBuf> {
    let carpeta = rutas::local().join("validar").join(format!("kubernetes-{version}"));
    let guion = rutas::validar().join("esquemas_k8s.py");
    correr(Command::new(python).arg(guion).arg(version).arg(&carpeta)).await?;
    Ok(carpeta)
}

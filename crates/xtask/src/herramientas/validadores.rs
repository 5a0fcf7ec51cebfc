//! What validates the files that no compiler reads: programs of Go and packages of npm, pinned in `deploy/validar`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context, Result, ensure};
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

/// The oldest Node that the packages of `deploy/validar` work with.
const NODE: u32 = 22;
/// The one that is brought where there is none of that age.
const NODE_TRAIDO: &str = "node@24.9.0";

/// Node itself; its packages are in `node_modules` of `deploy/validar`, installed once for each lock file.
pub async fn de_node() -> Result<PathBuf> {
    let node = node().await?;
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

/// The Node of PATH, or a newer one from npm, which npm keeps by itself.
async fn node() -> Result<PathBuf> {
    let node = programa("node", "Node.js 22 o posterior", &["nodejs"]).await?;
    let version = leer(Command::new(&node).args(["-p", "process.versions.node"])).await?;
    let mayor = version.split('.').next().and_then(|mayor| mayor.parse().ok());
    if mayor.is_some_and(|mayor: u32| mayor >= NODE) {
        return Ok(node);
    }
    let npx = programa("npx", "npm", &["npm"]).await?;
    let tarea = Tarea::nueva(format!("Trayendo {NODE_TRAIDO}: hay {version}"));
    let traido = leer(Command::new(npx).args(["-y", NODE_TRAIDO, "-p", "process.execPath"])).await?;
    tarea.lista(format!("{NODE_TRAIDO} en lugar de {version}"));
    Ok(PathBuf::from(traido))
}

/// What a command prints.
async fn leer(comando: &mut Command) -> Result<String> {
    let salida = comando.stdin(Stdio::null()).kill_on_drop(true).output().await?;
    ensure!(salida.status.success(), "{comando:?} falló: {}", String::from_utf8_lossy(&salida.stderr).trim());
    Ok(String::from_utf8(salida.stdout)?.trim().to_owned())
}

/// The Kubernetes schemas that come with a Python package, as kubeconform reads them.
pub async fn esquemas_de_kubernetes(python: &Path, version: &str) -> Result<PathBuf> {
    let carpeta = rutas::local().join("validar").join(format!("kubernetes-{version}"));
    let guion = rutas::validar().join("esquemas_k8s.py");
    correr(Command::new(python).arg(guion).arg(version).arg(&carpeta)).await?;
    Ok(carpeta)
}

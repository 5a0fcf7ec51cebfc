//! The folder with `initdb` and `postgres`: of the system, installed, or from Maven.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use tokio::process::Command;

use super::{apt, correr, maven, programa};
use crate::consola::{Tarea, aviso};
use crate::procesos::en_path;
use crate::{maven as ejecutor, rutas};

const VERSION_DE_MAVEN: &str = "17.5.0";

/// Where Postgres' server programs are.
///
/// # Errors
/// When they can neither be found nor brought: says what to install.
pub async fn binarios() -> Result<PathBuf> {
    if let Some(carpeta) = hallados() {
        return Ok(carpeta);
    }
    if apt::disponible().await {
        if let Err(error) = instalar().await {
            aviso(format!("{error:#}; se prueba con Maven"));
        }
        if let Some(carpeta) = hallados() {
            return Ok(carpeta);
        }
    }
    desde_maven()
        .await
        .context("falta el servidor de Postgres: instálalo (en Debian o Ubuntu: sudo apt-get install postgresql)")
}

fn hallados() -> Option<PathBuf> {
    let de_path = en_path("initdb").and_then(|initdb| initdb.parent().map(Path::to_path_buf));
    de_path.into_iter().chain(del_sistema()).chain([carpeta_de_maven().join("bin")]).find(|c| completos(c))
}

fn completos(carpeta: &Path) -> bool {
    carpeta.join("initdb").is_file() && carpeta.join("postgres").is_file()
}

/// Debian keeps one folder per major version; the newest first.
fn del_sistema() -> Vec<PathBuf> {
    let mut versiones: Vec<(u32, PathBuf)> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entrada| Some((entrada.file_name().to_str()?.parse().ok()?, entrada.path().join("bin"))))
        .collect();
    versiones.sort_by_key(|(version, _)| std::cmp::Reverse(*version));
    versiones.into_iter().map(|(_, carpeta)| carpeta).collect()
}

/// Debian's package would start a server of its own on 5432: it is told not to.
async fn instalar() -> Result<()> {
    let politica = "/etc/postgresql-common/createcluster.d/saludtech.conf";
    let escribir = format!("mkdir -p $(dirname {politica}) && echo 'create_main_cluster = false' > {politica}");
    apt::con_permiso(&["sh", "-c", &escribir]).await?;
    let resultado = apt::instalar("Postgres", &["postgresql"]).await;
    apt::con_permiso(&["rm", "-f", politica]).await?;
    resultado
}

fn carpeta_de_maven() -> PathBuf {
    rutas::local().join("postgres").join(VERSION_DE_MAVEN)
}

async fn desde_maven() -> Result<PathBuf> {
    let (plataforma, archivo) = match std::env::consts::ARCH {
        "x86_64" => ("linux-amd64", "postgres-linux-x86_64.txz"),
        "aarch64" => ("linux-arm64v8", "postgres-linux-arm_64.txz"),
        otra => bail!("no hay Postgres en Maven para {otra}"),
    };
    let (maven, unzip) = (maven().await?, programa("unzip", "unzip", &["unzip"]).await?);
    programa("xz", "xz", &["xz-utils"]).await?;
    let tarea = Tarea::nueva("Trayendo Postgres con Maven");
    let carpeta = carpeta_de_maven();
    fs::create_dir_all(&carpeta)?;
    let artefacto =
        format!("-Dartifact=io.zonky.test.postgres:embedded-postgres-binaries-{plataforma}:{VERSION_DE_MAVEN}");
    let destino = format!("-DoutputDirectory={}", carpeta.display());
    let meta = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy";
    ejecutor::ejecutar(&maven, &[meta, &artefacto, &destino], |_| ()).await?;
    let jar = carpeta.join(format!("embedded-postgres-binaries-{plataforma}-{VERSION_DE_MAVEN}.jar"));
    correr(Command::new(unzip).arg("-oq").arg(&jar).arg(archivo).arg("-d").arg(&carpeta)).await?;
    correr(Command::new("tar").arg("-xJf").arg(carpeta.join(archivo)).arg("-C").arg(&carpeta)).await?;
    fs::remove_file(&jar)?;
    fs::remove_file(carpeta.join(archivo))?;
    let bin = carpeta.join("bin");
    ensure!(completos(&bin), "el paquete de Maven no trae initdb y postgres");
    tarea.lista(format!("Postgres {VERSION_DE_MAVEN} en {}", rutas::corta(&bin)));
    Ok(bin)
}

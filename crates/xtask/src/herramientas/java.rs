//! A Java runtime recent enough for Pulsar.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use tokio::process::Command;

use super::apt;
use crate::ambiente;
use crate::procesos::en_path;

const MINIMA: u32 = 17;

/// The `java` of JAVA_HOME, of PATH or of /usr/lib/jvm; installed if none is 17 or later.
pub async fn java() -> Result<PathBuf> {
    if let Some(java) = buscar().await {
        return Ok(java);
    }
    apt::instalar("Java 17 o posterior", &["default-jre-headless"]).await?;
    buscar().await.context("el Java de este sistema es anterior al 17: instala uno posterior y define JAVA_HOME")
}

async fn buscar() -> Option<PathBuf> {
    for candidato in candidatos() {
        if version(&candidato).await.is_some_and(|version| version >= MINIMA) {
            return Some(candidato);
        }
    }
    None
}

fn candidatos() -> Vec<PathBuf> {
    let de_casa = ambiente::variable("JAVA_HOME").map(|casa| Path::new(&casa).join("bin/java"));
    let instalados = fs::read_dir("/usr/lib/jvm").into_iter().flatten().flatten().map(|e| e.path().join("bin/java"));
    de_casa.into_iter().chain(en_path("java")).chain(instalados).filter(|ruta| ruta.is_file()).collect()
}

async fn version(java: &Path) -> Option<u32> {
    let salida = Command::new(java).arg("-version").output().await.ok()?;
    mayor(&String::from_utf8_lossy(&salida.stderr))
}

/// The major version in `openjdk version "17.0.15" ...` (or `"1.8.0_292"`, which is 8).
fn mayor(texto: &str) -> Option<u32> {
    let version = texto.split('"').nth(1)?;
    let mut partes = version.split(['.', '-', '+', '_']).map_while(|parte| parte.parse::<u32>().ok());
    match partes.next()? {
        1 => partes.next(),
        mayor => Some(mayor),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn se_entiende_la_version_de_cada_java() {
        assert_eq!(mayor("openjdk version \"17.0.15\" 2025-04-15"), Some(17));
        assert_eq!(mayor("java version \"1.8.0_292\""), Some(8));
        assert_eq!(mayor("openjdk version \"25-ea\" 2025-09-16"), Some(25));
        assert_eq!(mayor("command not found"), None);
    }
}

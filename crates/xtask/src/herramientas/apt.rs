//! Installs Debian packages where this user may.

use std::process::Stdio;

use anyhow::{Context, Result, bail};
use nix::unistd::geteuid;
use tokio::process::Command;
use tokio::sync::OnceCell;

use super::correr;
use crate::consola::Tarea;
use crate::procesos::en_path;

static LISTAS: OnceCell<()> = OnceCell::const_new();

/// Installs packages, after one update of the lists.
///
/// # Errors
/// Without apt, or without the right to use it: says what to install by hand.
pub async fn instalar(etiqueta: &str, paquetes: &[&str]) -> Result<()> {
    let Some(prefijo) = permiso().await else {
        bail!("falta {etiqueta}: instálalo (en Debian o Ubuntu: sudo apt-get install {})", paquetes.join(" "));
    };
    let tarea = Tarea::nueva(format!("Instalando {etiqueta}"));
    LISTAS.get_or_try_init(|| apt_get(&prefijo, &["update", "-qq"])).await?;
    let mut argumentos = vec!["install", "-y", "-qq", "--no-install-recommends"];
    argumentos.extend(paquetes);
    apt_get(&prefijo, &argumentos).await.with_context(|| format!("no se pudo instalar {etiqueta}"))?;
    tarea.lista(format!("{etiqueta} instalado"));
    Ok(())
}

/// What to put before `apt-get`: nothing for root, `sudo` where it asks for no password.
async fn permiso() -> Option<Vec<&'static str>> {
    en_path("apt-get")?;
    if geteuid().is_root() {
        return Some(vec![]);
    }
    en_path("sudo")?;
    let prueba = Command::new("sudo").args(["-n", "true"]).stdin(Stdio::null()).output().await.ok()?;
    prueba.status.success().then(|| vec!["sudo", "-n"])
}

/// Whether packages can be installed here without asking anybody.
pub async fn disponible() -> bool {
    permiso().await.is_some()
}

/// Runs a command with the rights that installing needs.
pub async fn con_permiso(orden: &[&str]) -> Result<()> {
    let prefijo = permiso().await.context("hacen falta permisos de administrador")?;
    ejecutar([prefijo.as_slice(), orden].concat()).await
}

async fn apt_get(prefijo: &[&str], argumentos: &[&str]) -> Result<()> {
    ejecutar([prefijo, &["env", "DEBIAN_FRONTEND=noninteractive", "apt-get"], argumentos].concat()).await
}

async fn ejecutar(orden: Vec<&str>) -> Result<()> {
    let (programa, argumentos) = orden.split_first().context("orden vacía")?;
    correr(Command::new(programa).args(argumentos)).await
}

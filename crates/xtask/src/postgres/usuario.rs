//! Postgres refuses to run as root: which user runs it then, and where that user may read and write.

use std::fs;
use std::os::unix::fs::{MetadataExt, chown};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use aws_lc_rs::digest::{SHA256, digest};
use nix::unistd::{User, geteuid};
use tokio::process::Command;

/// The user to switch to, when this one is root.
pub fn sustituto() -> Result<Option<(u32, u32)>> {
    if !geteuid().is_root() {
        return Ok(None);
    }
    for nombre in ["postgres", "nobody"] {
        if let Some(usuario) = User::from_name(nombre)? {
            return Ok(Some((usuario.uid.as_raw(), usuario.gid.as_raw())));
        }
    }
    anyhow::bail!("Postgres no arranca como root y este sistema no tiene los usuarios postgres ni nobody")
}

/// The folder for the data: `deseada`, or one under /var/tmp when the other user cannot get there (a checkout in /root).
pub fn carpeta_de_datos(deseada: &Path, usuario: Option<(u32, u32)>) -> Result<PathBuf> {
    let padre = deseada.parent().context("carpeta sin padre")?;
    fs::create_dir_all(padre)?;
    let carpeta = match usuario {
        Some((uid, _)) if !accesible(padre, uid) => alternativa(deseada),
        _ => deseada.to_path_buf(),
    };
    if !carpeta.exists() {
        fs::create_dir_all(&carpeta)?;
        if let Some((uid, gid)) = usuario {
            chown(&carpeta, Some(uid), Some(gid))?;
        }
    }
    Ok(carpeta)
}

/// Deletes the data of a folder's cluster that had to live elsewhere; what lies inside goes with the folder.
pub fn borrar_alternativa(deseada: &Path) -> Result<()> {
    match fs::remove_dir_all(alternativa(deseada)) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}

/// The folder of the programs, copied where the other user can run them if it cannot here.
pub async fn carpeta_de_programas(bin: &Path, usuario: Option<(u32, u32)>) -> Result<PathBuf> {
    let Some((uid, _)) = usuario.filter(|(uid, _)| !accesible(bin, *uid)) else { return Ok(bin.to_path_buf()) };
    let origen = bin.parent().context("carpeta sin padre")?;
    let copia = alternativa(origen);
    if !copia.exists() {
        let estado = Command::new("cp").arg("-r").arg(origen).arg(&copia).status().await?;
        ensure!(estado.success(), "no se pudo copiar Postgres a {}", copia.display());
    }
    ensure!(accesible(&copia, uid), "{} no es accesible para el usuario de Postgres", copia.display());
    Ok(copia.join("bin"))
}

/// Whether a user may go through every folder down to this one.
fn accesible(ruta: &Path, uid: u32) -> bool {
    ruta.ancestors().all(|carpeta| match fs::metadata(carpeta) {
        Ok(datos) => datos.mode() & 0o001 != 0 || (datos.uid() == uid && datos.mode() & 0o100 != 0),
        Err(_) => false,
    })
}

/// Always the same for the same folder, so that data is found again.
fn alternativa(deseada: &Path) -> PathBuf {
    let resumen = hex::encode(digest(&SHA256, deseada.as_os_str().as_encoded_bytes()));
    Path::new("/var/tmp").join(format!("saludtech-postgres-{}", &resumen[..12]))
}

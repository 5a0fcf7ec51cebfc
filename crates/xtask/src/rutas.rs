//! Where things are: the repository, its `.local` folder and what the developer tool keeps there.

use std::path::{Path, PathBuf};

/// The repository's root.
pub fn raiz() -> PathBuf {
    let esta = Path::new(env!("CARGO_MANIFEST_DIR"));
    esta.ancestors().nth(2).unwrap_or(esta).to_path_buf()
}

/// Everything that running locally leaves behind; git ignores it.
pub fn local() -> PathBuf {
    raiz().join(".local")
}

/// What Maven brings, shared by every environment of this checkout.
pub fn jars_de_pulsar() -> PathBuf {
    local().join("pulsar/lib")
}

/// What is checked in to run the infrastructure locally.
pub fn deploy_local() -> PathBuf {
    raiz().join("deploy/local")
}

/// The validators of the files that no compiler reads.
pub fn validar() -> PathBuf {
    raiz().join("deploy/validar")
}

/// The folder of this build's binaries: the services' lie beside this one.
pub fn binarios() -> std::io::Result<PathBuf> {
    let propio = std::env::current_exe()?;
    Ok(propio.parent().map_or_else(|| raiz().join("target/debug"), Path::to_path_buf))
}

/// The path as people read it: relative to the repository when it lies inside.
pub fn corta(ruta: &Path) -> String {
    ruta.strip_prefix(raiz()).unwrap_or(ruta).display().to_string()
}

//! protoc for the Pulsar client's build, where `.cargo/config.toml` looks for it.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, anyhow};

use crate::rutas;

/// Copies the vendored protoc unless it is there already.
pub fn preparar() -> Result<PathBuf> {
    let destino = rutas::local().join("bin/protoc");
    let origen = protoc_bin_vendored::protoc_bin_path().map_err(|error| anyhow!("no hay protoc para aquí: {error}"))?;
    if fs::metadata(&destino).is_ok_and(|hay| fs::metadata(&origen).is_ok_and(|el| el.len() == hay.len())) {
        return Ok(destino);
    }
    if let Some(carpeta) = destino.parent() {
        fs::create_dir_all(carpeta)?;
    }
    // Beside and renamed: a build that runs now never sees half a program.
    let nuevo = destino.with_extension("nuevo");
    fs::copy(&origen, &nuevo).with_context(|| format!("no se pudo copiar {}", origen.display()))?;
    fs::rename(&nuevo, &destino)?;
    Ok(destino)
}

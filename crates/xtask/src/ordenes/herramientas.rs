//! `herramientas`: what the machine needs, found or installed.

use anyhow::Result;

use crate::consola::hecho;
use crate::{herramientas, rutas};

pub async fn ejecutar() -> Result<()> {
    for (nombre, ruta) in herramientas::preparar().await? {
        hecho(format!("{nombre:<9}{}", rutas::corta(&ruta)));
    }
    Ok(())
}

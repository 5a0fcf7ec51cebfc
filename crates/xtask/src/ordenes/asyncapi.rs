//! `asyncapi`: the published document of the messages.

use std::fs;

use anyhow::{Context, Result};
use clap::Args;

use crate::consola::hecho;
use crate::{asyncapi, rutas};

#[derive(Args)]
pub struct Asyncapi {
    /// No cambia nada: falla si el documento no es el que saldría ahora.
    #[arg(long)]
    comprobar: bool,
}

impl Asyncapi {
    pub fn ejecutar(self) -> Result<()> {
        let ruta = asyncapi::ruta();
        let corta = rutas::corta(&ruta);
        if self.comprobar {
            asyncapi::exigir_al_dia()?;
            hecho(format!("{corta} al día"));
        } else {
            fs::write(&ruta, asyncapi::documento()?).with_context(|| format!("no se pudo escribir {corta}"))?;
            hecho(format!("{corta} escrito"));
        }
        Ok(())
    }
}

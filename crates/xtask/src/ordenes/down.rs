//! `down`: ends what `up` recorded, and nothing else.

use anyhow::Result;
use clap::Args;

use crate::consola::{aviso, hecho};
use crate::entorno::Entorno;

#[derive(Args)]
pub struct Down {
    /// Borra además todos los datos: bases, mensajes y correos.
    #[arg(long)]
    borrar_datos: bool,
}

impl Down {
    pub async fn ejecutar(self) -> Result<()> {
        let entorno = Entorno::local()?;
        if !entorno.bajar().await? {
            aviso("no hay nada en marcha");
        }
        if self.borrar_datos {
            entorno.borrar_datos()?;
            hecho("datos borrados");
        }
        Ok(())
    }
}

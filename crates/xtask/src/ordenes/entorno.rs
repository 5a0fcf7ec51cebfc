//! `entorno`: a system of its own for tests, in a folder of its own.

use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::Args;

use super::o_bajar;
use crate::consola::{aviso, linea};
use crate::entorno::{Alcance, Entorno};
use crate::estado;
use crate::puertos::Puertos;

#[derive(Args)]
pub struct OrdenEntorno {
    /// Dónde vive: datos, registros y estado.json.
    #[arg(long, required_unless_present = "bajar")]
    carpeta: Option<PathBuf>,
    /// Puertos que nadie usa, en vez de los documentados.
    #[arg(long)]
    puertos_libres: bool,
    /// También los cinco servicios, ya compilados.
    #[arg(long)]
    servicios: bool,
    /// Detiene el entorno de esta carpeta.
    #[arg(long, value_name = "CARPETA", conflicts_with_all = ["carpeta", "puertos_libres", "servicios"])]
    bajar: Option<PathBuf>,
}

impl OrdenEntorno {
    /// Prints the path of `estado.json` last, for the caller.
    pub async fn ejecutar(self) -> Result<()> {
        if let Some(carpeta) = self.bajar {
            return bajar(std::path::absolute(carpeta)?).await;
        }
        let Some(carpeta) = self.carpeta else { bail!("falta --carpeta") };
        let carpeta = std::path::absolute(carpeta)?;
        let puertos = if self.puertos_libres { Puertos::libres()? } else { Puertos::documentados()? };
        let entorno = Entorno::en(carpeta, puertos, true);
        let alcance = if self.servicios { Alcance::Completo } else { Alcance::Infraestructura };
        let estado = o_bajar(&entorno, entorno.levantar(alcance)).await?;
        linea(estado::ruta(&estado.carpeta).display());
        Ok(())
    }
}

async fn bajar(carpeta: PathBuf) -> Result<()> {
    let Some(estado) = estado::leer(&carpeta)? else {
        aviso("no hay nada en marcha");
        return Ok(());
    };
    Entorno::en(carpeta, estado.puertos, true).bajar().await?;
    Ok(())
}

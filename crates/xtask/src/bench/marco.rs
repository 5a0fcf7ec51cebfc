use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Args;
use serde::Serialize;

use crate::arranque::Perfil;
use crate::consola::hecho;
use crate::entorno::Entorno;
use crate::ordenes::o_bajar;

/// What every benchmark may be told.
#[derive(Args)]
pub struct Marco {
    /// Mide la compilación de desarrollo, que es mucho más lenta, en vez de la de release.
    #[arg(long)]
    dev: bool,
    /// Escribe además las cifras como JSON.
    #[arg(long, value_name = "FICHERO")]
    json: Option<PathBuf>,
}

impl Marco {
    /// Measures in an environment of its own, brings it down and writes the figures; its files stay for looking at.
    pub async fn medir<I: Serialize>(
        &self,
        nombre: &str,
        medir: impl AsyncFnOnce(&Entorno) -> Result<I>,
    ) -> Result<(Entorno, I)> {
        let perfil = if self.dev { Perfil::Desarrollo } else { Perfil::Release };
        // Not ephemeral: what is measured is a system that survives a crash of the machine.
        let mut entorno = Entorno::aparte(nombre)?;
        (entorno.perfil, entorno.efimero) = (perfil, false);
        // What an interrupted run left.
        entorno.bajar().await?;
        entorno.borrar()?;
        let informe = o_bajar(&entorno, medir(&entorno)).await?;
        entorno.bajar().await?;
        if let Some(ruta) = &self.json {
            let json = serde_json::to_vec_pretty(&informe)?;
            fs::write(ruta, json).with_context(|| format!("no se pudo escribir {}", ruta.display()))?;
            hecho(format!("cifras en {}", ruta.display()));
        }
        Ok((entorno, informe))
    }
}

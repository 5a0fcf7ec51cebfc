//! `sagas`: the orders of suscripciones about its sagas, with the settings of the running system.

use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use clap::Args;
use tokio::process::Command;

use crate::{estado, rutas};

#[derive(Args)]
pub struct Sagas {
    /// La orden: `pausar`, `reanudar` o `reprocesar`, con sus argumentos (`reprocesar --help`).
    #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true)]
    orden: Vec<String>,
}

impl Sagas {
    /// Ends as the order ended.
    pub async fn ejecutar(self) -> Result<ExitCode> {
        let Some(estado) = estado::leer(&rutas::local())? else { bail!("no hay nada en marcha: `cargo xtask up`") };
        let proceso = estado.proceso("suscripciones").context("suscripciones no está en marcha")?;
        let mut comando = Command::new(&proceso.programa);
        comando.args(&self.orden).envs(&proceso.entorno).current_dir(&proceso.carpeta).kill_on_drop(true);
        let salida =
            comando.status().await.with_context(|| format!("no se pudo ejecutar {}", proceso.programa.display()))?;
        Ok(salida.code().and_then(|codigo| u8::try_from(codigo).ok()).map_or(ExitCode::FAILURE, ExitCode::from))
    }
}

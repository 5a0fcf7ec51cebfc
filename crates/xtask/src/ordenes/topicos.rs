//! `topicos`: provisions any broker, here or in a cluster.

use std::time::Duration;

use anyhow::Result;
use clap::Args;

use crate::entorno::Entorno;
use crate::topicos;
use administracion::Admin;

#[derive(Args)]
pub struct Topicos {
    /// API de administración de Pulsar; por defecto, la local.
    #[arg(long)]
    admin: Option<String>,
    /// Inquilino y nombre.
    #[arg(long, default_value = "public/default")]
    espacio: String,
    /// Minutos que se guarda todo, también las órdenes ya atendidas.
    #[arg(long)]
    retencion_minima: Option<u64>,
}

impl Topicos {
    pub async fn ejecutar(self) -> Result<()> {
        let url = match self.admin {
            Some(url) => url,
            None => Entorno::local()?.url_admin(),
        };
        let minima = self.retencion_minima.map(|minutos| Duration::from_secs(minutos * 60));
        topicos::aplicar(&Admin::nuevo(&url, &self.espacio)?, minima).await
    }
}

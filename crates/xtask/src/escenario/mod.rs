//! `escenario`: quality scenarios shown on a running system, each with its report in `docs/scenarios`.

mod acta;
mod ocho;
mod punto;
mod seis;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, Subcommand};

#[derive(Args)]
pub struct Escenario {
    #[command(subcommand)]
    cual: Cual,
}

#[derive(Subcommand)]
enum Cual {
    /// Mil sagas con fallos en cada servicio mientras se mata a todos los procesos: nada se pierde, se repite ni queda a medias.
    #[command(name = "6")]
    Seis(seis::Seis),
    /// Un producto nuevo con un servicio nuevo, en Python, sin tocar ni reiniciar ningún proceso.
    #[command(name = "8")]
    Ocho(ocho::Ocho),
}

impl Escenario {
    pub async fn ejecutar(self) -> Result<ExitCode> {
        match self.cual {
            Cual::Seis(seis) => seis.ejecutar().await,
            Cual::Ocho(ocho) => ocho.ejecutar().await,
        }
    }
}

//! Scenario 8: a product whose service the running system does not know, without touching any process of it.

mod huellas;
mod informe;
mod informes;
mod producto;
mod puerta;
mod recorrido;
mod veredicto;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Result;
use clap::Args;
use tokio::time::Instant;

use self::informe::Informe;
use crate::arranque::{Perfil, compilar};
use crate::entorno::{Alcance, Entorno};
use crate::escenario::acta;
use crate::estado::Diario;
use crate::{herramientas, rutas};

const INFORME: &str = "docs/scenarios/escenario-8.md";

#[derive(Args)]
pub struct Ocho {
    /// Cuántos clientes de cada clase: los que completan, los que no pueden pagar y los que piden lo que no hay.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    clientes: u32,
    /// Dónde se escribe el informe.
    #[arg(long, value_name = "FICHERO")]
    informe: Option<PathBuf>,
}

impl Ocho {
    pub async fn ejecutar(self) -> Result<ExitCode> {
        let entorno = Entorno::aparte("escenario-8")?;
        let ruta = self.informe.clone().unwrap_or_else(|| rutas::raiz().join(INFORME));
        acta::levantar(&entorno, &ruta, self.correr(&entorno)).await
    }

    async fn correr(&self, entorno: &Entorno) -> Result<Informe> {
        herramientas::preparar().await?;
        let python = herramientas::python().await?;
        compilar(Perfil::Desarrollo).await?;
        let reloj = Instant::now();
        let diario = Diario::de(entorno.levantar(Alcance::Completo).await?);
        let arranque = reloj.elapsed();
        let mut informe = recorrido::recorrer(entorno, &diario, python, self.clientes).await?;
        informe.orden = format!("cargo xtask escenario 8 --clientes {}", self.clientes);
        informe.tiempos.insert(0, ("start of the system", arranque));
        Ok(informe)
    }
}

/// How long anything that must happen may take.
const PLAZO: Duration = Duration::from_secs(60);
const PAUSA: Duration = Duration::from_millis(100);

/// Asks again until there is an answer.
async fn esperar<T>(que: &str, mut preguntar: impl AsyncFnMut() -> Result<Option<T>>) -> Result<T> {
    let limite = Instant::now() + PLAZO;
    loop {
        if let Some(respuesta) = preguntar().await? {
            return Ok(respuesta);
        }
        anyhow::ensure!(Instant::now() < limite, "no ocurrió en {} s: {que}", PLAZO.as_secs());
        tokio::time::sleep(PAUSA).await;
    }
}

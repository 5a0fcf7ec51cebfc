//! Starts subscriptions and the saga orchestrator, or carries out an order about its sagas.

use std::error::Error;
use std::process::ExitCode;

use proceso::Base;
use servidor::Limites;
use suscripciones::api::Orden;
use suscripciones::{AJUSTES, Ajustes, DEMORA, SERVICIO, componer, migrar, ordenar};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> Result<ExitCode, Box<dyn Error>> {
    let orden = Orden::leer();
    let ajustes: Ajustes = ajustes::cargar(AJUSTES)?;
    let (cimientos, propios) = ajustes.separar();
    if let Some(orden) = orden {
        return Ok(ordenar(orden, &cimientos).await);
    }
    let mut base = Base::abrir(SERVICIO, &cimientos, migrar).await?;
    let rutas = componer(&mut base, &propios).await?;
    base.servir(rutas, Limites { tiempo: DEMORA, ..Limites::default() }).await?;
    Ok(ExitCode::SUCCESS)
}

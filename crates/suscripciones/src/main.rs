//! Starts subscriptions and the saga orchestrator.

use std::error::Error;

use proceso::{Base, Cimientos};
use servidor::Limites;
use suscripciones::{AJUSTES, SERVICIO, componer, migrar};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let cimientos: Cimientos = ajustes::cargar(AJUSTES)?;
    let mut base = Base::abrir(SERVICIO, &cimientos, migrar).await?;
    let rutas = componer(&mut base).await?;
    base.servir(rutas, Limites::default()).await?;
    Ok(())
}

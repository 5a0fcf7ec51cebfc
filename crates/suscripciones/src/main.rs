//! Starts subscriptions and the saga orchestrator.

use std::error::Error;

use proceso::Base;
use servidor::Limites;
use suscripciones::{AJUSTES, Ajustes, SERVICIO, componer, migrar};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let ajustes: Ajustes = ajustes::cargar(AJUSTES)?;
    let (cimientos, propios) = ajustes.separar();
    let mut base = Base::abrir(SERVICIO, &cimientos, migrar).await?;
    let rutas = componer(&mut base, &propios).await?;
    base.servir(rutas, Limites::default()).await?;
    Ok(())
}

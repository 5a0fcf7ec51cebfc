//! Starts the service.

use proceso::{Base, Cimientos};
use servicio_datos::composicion::componer;
use servicio_datos::infraestructura::SERVICIO;
use servicio_datos::{AJUSTES, migrar};
use servidor::Limites;
use std::error::Error;

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

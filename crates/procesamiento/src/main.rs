//! Starts the service.

use std::error::Error;
use std::num::NonZero;
use std::thread::available_parallelism;

use procesamiento::{AJUSTES, SERVICIO, componer, migrar};
use proceso::{Base, Cimientos};
use servidor::Limites;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> Result<(), Box<dyn Error>> {
    tokio::runtime::Builder::new_multi_thread().worker_threads(hilos()).enable_all().build()?.block_on(servir())
}

async fn servir() -> Result<(), Box<dyn Error>> {
    let cimientos: Cimientos = ajustes::cargar(AJUSTES)?;
    let mut base = Base::abrir(SERVICIO, &cimientos, migrar).await?;
    let rutas = componer(&mut base, &cimientos.claves.maestra)?;
    base.servir(rutas, Limites::default()).await?;
    Ok(())
}

/// No instance may pass 75 % of the cores that it was given; the rest of the work waits for another one.
fn hilos() -> usize {
    let nucleos = available_parallelism().map_or(1, NonZero::get);
    (nucleos * 3 / 4).max(1)
}

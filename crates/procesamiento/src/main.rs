//! Starts the service.

use std::error::Error;
use std::num::NonZero;
use std::thread::available_parallelism;
use std::time::Duration;

use procesamiento::infraestructura::{ORDEN, limpiar_como_hijo};
use procesamiento::{AJUSTES, Ajustes, SERVICIO, componer, migrar};
use proceso::Base;
use servidor::Limites;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> Result<(), Box<dyn Error>> {
    if std::env::args().nth(1).as_deref() == Some(ORDEN) {
        return limpiar_como_hijo();
    }
    tokio::runtime::Builder::new_multi_thread().worker_threads(hilos()).enable_all().build()?.block_on(servir())
}

async fn servir() -> Result<(), Box<dyn Error>> {
    let (cimientos, propios) = ajustes::cargar::<Ajustes>(AJUSTES)?.separar();
    let mut base = Base::abrir(SERVICIO, &cimientos, migrar).await?;
    let rutas = componer(&mut base, &propios)?;
    let tiempo = Duration::from_secs(propios.imagenes.plazo_segundos.get());
    base.servir(rutas, Limites { tiempo, ..Limites::default() }).await?;
    Ok(())
}

/// No instance may pass 75 % of the cores that it was given; the rest of the work waits for another one.
fn hilos() -> usize {
    let nucleos = available_parallelism().map_or(1, NonZero::get);
    (nucleos * 3 / 4).max(1)
}

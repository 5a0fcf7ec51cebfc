//! Starts the service. `notificaciones reconstruir` writes the projection again from the event store and ends.

use std::error::Error;

use notificaciones::composicion::{AJUSTES_POR_DEFECTO, Ajustes, componer, reconstruir};
use notificaciones::migrar;
use proceso::Base;
use servidor::Limites;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let ajustes: Ajustes = ajustes::cargar(AJUSTES_POR_DEFECTO)?;
    let (cimientos, propios) = ajustes.separar();
    let mut base = Base::abrir(env!("CARGO_PKG_NAME"), &cimientos, migrar).await?;
    if std::env::args().nth(1).as_deref() == Some("reconstruir") {
        return Ok(reconstruir(&base).await?);
    }
    let rutas = componer(&mut base, &propios)?;
    base.servir(rutas, Limites::default()).await?;
    Ok(())
}

//! Starts the public door: settings, telemetry, wiring, serving.

use bff_web::composicion::{AJUSTES_POR_DEFECTO, Ajustes, componer};
use std::error::Error;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let ajustes: Ajustes = ajustes::cargar(AJUSTES_POR_DEFECTO)?;
    let metricas = telemetria::iniciar("bff-web", &ajustes.telemetria)?;
    ajustes::exigir_loopback(&ajustes.http)?;
    let (tareas, cierre) = (TaskTracker::new(), CancellationToken::new());
    servidor::senal_de_cierre(cierre.clone());
    let router = componer(&ajustes, metricas, &tareas, &cierre)?;
    servidor::servir(router, ajustes.http.socket(), cierre.clone()).await?;
    cierre.cancel();
    tareas.close();
    tareas.wait().await;
    Ok(())
}

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::aplicacion::VencerPlazos;

/// How often deadlines are looked at.
const RITMO: Duration = Duration::from_millis(500);

/// Fires deadlines until `cierre`; a full round is followed by the next at once.
pub async fn vencer_plazos(vencer: Arc<VencerPlazos>, cierre: CancellationToken) {
    loop {
        let vencidas = match vencer.ejecutar(contratos::ahora()).await {
            Ok(vencidas) => vencidas,
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "saga deadlines could not be looked at");
                0
            }
        };
        let espera = if vencidas == 0 { RITMO } else { Duration::ZERO };
        tokio::select! {
            () = cierre.cancelled() => return,
            () = tokio::time::sleep(espera) => {}
        }
    }
}

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::aplicacion::MandarLotes;

/// How often confirmed batches are looked for: one whose process ended goes on in another.
const RITMO: Duration = Duration::from_secs(2);

/// Carries confirmed batches out until `cierre`; `confirmado` says that there is a new one.
pub async fn llevar_lotes(lotes: Arc<MandarLotes>, confirmado: Arc<Notify>, cierre: CancellationToken) {
    loop {
        let hizo_algo = lotes.avanzar(contratos::ahora()).await.unwrap_or_else(|error| {
            tracing::warn!(error = &error as &dyn std::error::Error, "a batch of orders could not go on");
            false
        });
        if hizo_algo && !cierre.is_cancelled() {
            continue;
        }
        tokio::select! {
            () = cierre.cancelled() => return,
            () = confirmado.notified() => {}
            () = tokio::time::sleep(RITMO) => {}
        }
    }
}

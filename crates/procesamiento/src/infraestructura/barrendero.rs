use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use contratos::ahora;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use crate::aplicacion::BarrerObjetos;

/// How long an original that nobody announced may wait: its image ended in a process that died.
const RONDA: Duration = Duration::from_secs(10);

/// How often objects without an image are looked for, and how old they must be.
const RONDA_DE_HUERFANOS: Duration = Duration::from_secs(600);
const ORFANDAD: chrono::TimeDelta = chrono::TimeDelta::hours(1);

/// Sweeps the stores for as long as the process lives.
pub struct Barrendero {
    barrer: BarrerObjetos,
    aviso: Arc<Notify>,
}

impl Barrendero {
    /// `aviso` wakes it when an original may go.
    pub fn nuevo(barrer: BarrerObjetos, aviso: Arc<Notify>) -> Self {
        Self { barrer, aviso }
    }

    pub async fn barrer(self, cierre: CancellationToken) {
        let mut huerfanos = Instant::now();
        loop {
            let avisado = cierre.run_until_cancelled(async {
                tokio::select! {
                    () = self.aviso.notified() => {}
                    () = sleep(RONDA) => {}
                }
            });
            if avisado.await.is_none() {
                return;
            }
            contar("original", self.barrer.originales().await);
            if huerfanos.elapsed() >= RONDA_DE_HUERFANOS {
                huerfanos = Instant::now();
                contar("huerfano", self.barrer.huerfanos(ahora() - ORFANDAD).await);
            }
        }
    }
}

fn contar(clase: &'static str, barridos: Result<usize, impl Error + 'static>) {
    match barridos {
        Ok(cuantos) => metrics::counter!("objetos_borrados_total", "clase" => clase).increment(cuantos as u64),
        Err(error) => {
            let causa: &dyn Error = &error;
            tracing::warn!(clase, error = causa, "objects could not be deleted; they are tried again");
            metrics::counter!("objetos_no_borrados_total", "clase" => clase).increment(1);
        }
    }
}

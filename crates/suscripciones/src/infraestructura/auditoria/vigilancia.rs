use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::aplicacion::auditoria::{Ronda, VigilarConsistencia};
use crate::aplicacion::puertos::ErrorRepositorio;

/// Between two looks while there is nothing to do.
const RITMO: Duration = Duration::from_secs(2);
/// For each moment of work, so many of rest: the audit takes a fiftieth of a core at most.
const DESCANSO: u32 = 49;
/// However slow a busy machine makes the work, the audit does not rest longer.
const DESCANSO_MAXIMO: Duration = Duration::from_secs(5);
/// Before a ledger that did not answer is asked again.
const ESPERA: Duration = Duration::from_secs(5);

/// Audits until `cierre`.
pub async fn vigilar(vigilar: Arc<VigilarConsistencia>, cierre: CancellationToken) {
    metrics::counter!("auditoria_sagas_revisadas_total").increment(0);
    loop {
        let inicio = Instant::now();
        let ronda = ronda(&vigilar).await.unwrap_or_else(|error| {
            tracing::warn!(error = &error as &dyn std::error::Error, "the ledgers could not be audited");
            None
        });
        tokio::select! {
            () = cierre.cancelled() => return,
            () = tokio::time::sleep(pausa(ronda.as_ref(), inicio.elapsed())) => {}
        }
    }
}

async fn ronda(vigilar: &VigilarConsistencia) -> Result<Option<Ronda>, ErrorRepositorio> {
    let ronda = vigilar.ronda().await?;
    if let Some(ronda) = &ronda {
        metrics::counter!("auditoria_sagas_revisadas_total").increment(ronda.terminadas.unsigned_abs());
    }
    let balance = vigilar.balance().await?;
    metrics::gauge!("auditoria_inconsistentes").set(balance.inconsistentes as f64);
    metrics::gauge!("auditoria_en_observacion").set(balance.en_observacion as f64);
    if let Some(hasta) = balance.revisado_hasta {
        metrics::gauge!("auditoria_revisado_hasta").set(hasta.timestamp() as f64);
    }
    Ok(ronda)
}

fn pausa(ronda: Option<&Ronda>, trabajo: Duration) -> Duration {
    let descanso = (trabajo * DESCANSO).min(DESCANSO_MAXIMO);
    match ronda {
        Some(ronda) if !ronda.callados.is_empty() => ESPERA,
        Some(ronda) if ronda.sigue => descanso,
        _ => descanso.max(RITMO),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn descansa_mucho_mas_de_lo_que_trabaja_y_nunca_sin_fin() {
        let sigue = Ronda { sigue: true, ..Ronda::default() };
        assert_eq!(pausa(Some(&sigue), Duration::from_millis(10)), Duration::from_millis(490));
        assert_eq!(pausa(Some(&sigue), Duration::from_secs(1)), DESCANSO_MAXIMO);
        assert_eq!(pausa(Some(&Ronda::default()), Duration::from_millis(1)), RITMO);
        assert_eq!(pausa(None, Duration::ZERO), RITMO);
        let callado = Ronda { sigue: true, callados: vec!["notificaciones"], terminadas: 0 };
        assert_eq!(pausa(Some(&callado), Duration::ZERO), ESPERA);
    }
}

use std::sync::Arc;
use std::time::Duration;

use mensajeria::Mensajeria;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::aplicacion::VencerPlazos;

/// How often deadlines are looked at.
const RITMO: Duration = Duration::from_millis(500);

/// How long answers that were under way may take to arrive once messages travel again.
const GRACIA: Duration = Duration::from_secs(10);

/// Fires deadlines until `cierre`; a full round is followed by the next at once.
///
/// While messages cannot travel nobody is late: no attempt is spent on the broker's absence, nor on the answers
/// that its return brings.
pub async fn vencer_plazos(vencer: Arc<VencerPlazos>, mensajeria: Mensajeria, cierre: CancellationToken) {
    let mut tregua = Tregua::nueva();
    loop {
        let vencidas = if tregua.rige(mensajeria.conectada(), Instant::now()) { 0 } else { ronda(&vencer).await };
        let espera = if vencidas == 0 { RITMO } else { Duration::ZERO };
        tokio::select! {
            () = cierre.cancelled() => return,
            () = tokio::time::sleep(espera) => {}
        }
    }
}

async fn ronda(vencer: &VencerPlazos) -> usize {
    vencer.ejecutar(contratos::ahora()).await.unwrap_or_else(|error| {
        tracing::warn!(error = &error as &dyn std::error::Error, "saga deadlines could not be looked at");
        0
    })
}

/// The time without deadlines around an outage, and nothing else.
struct Tregua {
    hasta: Option<Instant>,
}

impl Tregua {
    fn nueva() -> Self {
        Self { hasta: None }
    }

    fn rige(&mut self, conectada: bool, ahora: Instant) -> bool {
        let regia = self.hasta.is_some();
        if !conectada {
            self.hasta = Some(ahora + GRACIA);
        }
        self.hasta = self.hasta.filter(|hasta| ahora < *hasta);
        match (regia, self.hasta.is_some()) {
            (false, true) => tracing::warn!("saga deadlines rest: messages do not travel"),
            (true, false) => tracing::info!("saga deadlines count again"),
            _ => {}
        }
        metrics::gauge!("sagas_plazos_en_tregua").set(if self.hasta.is_some() { 1.0 } else { 0.0 });
        self.hasta.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sin_broker_no_vence_nada_ni_hasta_que_llega_lo_que_estaba_en_camino() {
        let (inicio, mut tregua) = (Instant::now(), Tregua::nueva());
        assert!(!tregua.rige(true, inicio));
        assert!(tregua.rige(false, inicio));
        let vuelta = inicio + Duration::from_secs(60);
        assert!(tregua.rige(false, vuelta));
        assert!(tregua.rige(true, vuelta + GRACIA / 2));
        assert!(!tregua.rige(true, vuelta + GRACIA));
    }
}

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::arrendamientos::Arrendamientos;
use crate::aplicacion::puertos::ErrorRepositorio;
use crate::aplicacion::{VencerPlazos, Vencidas};
use crate::dominio::IdSaga;

/// How often deadlines are looked at.
const RITMO: Duration = Duration::from_millis(500);
/// How long answers that were under way may take to arrive once messages travel again.
const GRACIA: Duration = Duration::from_secs(10);
/// How many sagas one look takes.
const BUSQUEDA: i64 = 1024;
/// How many sagas one transaction takes.
const LOTE: usize = 64;
/// How long a saga that nothing can be done about is not looked at again, so that it hides no other.
const APARTE: Duration = Duration::from_secs(10);

/// Fires deadlines until `cierre`; a full look is followed by the next at once.
///
/// While messages cannot travel nobody is late: no attempt is spent on the broker's absence, nor on the answers
/// that its return brings.
pub async fn vencer_plazos(mut temporizador: Temporizador, conectada: impl Fn() -> bool, cierre: CancellationToken) {
    let mut tregua = Tregua::nueva();
    loop {
        let quietud = tregua.rige(conectada(), Instant::now());
        let paso = if quietud { Paso::Nada } else { temporizador.paso().await };
        let espera = match paso {
            Paso::Nada => RITMO,
            // As long again as it took: after a restart with a herd of deadlines, answers get half of the database.
            Paso::Lote { tardo } => tardo,
        };
        tokio::select! {
            () = cierre.cancelled() => return,
            () = tokio::time::sleep(espera) => {}
        }
    }
}

/// Fires the deadlines of the partitions that this instance holds, a bounded batch at a time.
pub struct Temporizador {
    vencer: VencerPlazos,
    arrendamientos: Arc<Arrendamientos>,
    /// Found late and not looked into yet, last first.
    pendientes: Vec<IdSaga>,
    apartadas: HashMap<IdSaga, Instant>,
}

/// What one step did.
enum Paso {
    Nada,
    Lote { tardo: Duration },
}

impl Temporizador {
    pub fn nuevo(vencer: VencerPlazos, arrendamientos: Arc<Arrendamientos>) -> Self {
        Self { vencer, arrendamientos, pendientes: Vec::new(), apartadas: HashMap::new() }
    }

    async fn paso(&mut self) -> Paso {
        let inicio = Instant::now();
        match self.lote().await {
            Ok(true) => Paso::Lote { tardo: inicio.elapsed() },
            Ok(false) => Paso::Nada,
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "saga deadlines could not be looked at");
                self.pendientes.clear();
                Paso::Nada
            }
        }
    }

    /// Fires one batch; false when there was none.
    async fn lote(&mut self) -> Result<bool, ErrorRepositorio> {
        let Some(tenencia) = self.arrendamientos.vigente() else {
            self.pendientes.clear();
            return Ok(false);
        };
        let ahora = contratos::ahora();
        if self.pendientes.is_empty() {
            let reloj = Instant::now();
            self.apartadas.retain(|_, hasta| reloj < *hasta);
            let apartadas: Vec<IdSaga> = self.apartadas.keys().copied().collect();
            self.pendientes = self.vencer.buscar(ahora, &tenencia, &apartadas, BUSQUEDA).await?;
            self.pendientes.reverse();
        }
        let lote = self.pendientes.split_off(self.pendientes.len().saturating_sub(LOTE));
        if lote.is_empty() {
            return Ok(false);
        }
        let Vencidas { movidas, quietas, imposibles } = self.vencer.vencer(&lote, ahora, &tenencia).await?;
        metrics::counter!("sagas_plazos_vencidos_total").increment(movidas as u64);
        let hasta = Instant::now() + APARTE;
        for (saga, error) in &imposibles {
            tracing::error!(%saga, error = error as &dyn std::error::Error, "the deadline of a saga cannot be handled");
        }
        let sin_remedio = quietas.into_iter().chain(imposibles.into_iter().map(|(id, _)| id));
        self.apartadas.extend(sin_remedio.map(|id| (id, hasta)));
        Ok(true)
    }
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

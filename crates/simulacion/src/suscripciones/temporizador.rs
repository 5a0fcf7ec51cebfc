use std::collections::BTreeMap;
use std::sync::Arc;

use suscripciones::aplicacion::{VencerPlazos, Vencidas};
use suscripciones::dominio::IdSaga;

use super::arrendamientos::Arrendamientos;
use crate::Defecto;
use crate::tuberia::Bus;

/// How often deadlines are looked at.
const RITMO_MS: i64 = 700;
/// After the storm there is nothing to hurry for.
const RITMO_DE_CALMA_MS: i64 = 5_000;
/// How long answers that were under way may take to arrive once messages travel again.
const GRACIA_MS: i64 = 10_000;
/// How long a saga that nothing can be done about is not looked at again.
const APARTE_MS: i64 = 10_000;
const LOTE: i64 = 8;

/// Fires the deadlines of the partitions that one instance holds.
pub struct Temporizador {
    arrendamientos: Arc<Arrendamientos>,
    vencer: VencerPlazos,
    apartadas: BTreeMap<IdSaga, i64>,
}

impl Temporizador {
    pub fn nuevo(arrendamientos: Arc<Arrendamientos>, vencer: VencerPlazos) -> Self {
        Self { arrendamientos, vencer, apartadas: BTreeMap::new() }
    }

    /// While messages cannot travel nobody is late.
    pub async fn vencer(mut self, bus: Bus) {
        let almacen = self.arrendamientos.almacen.clone();
        let mut tregua = 0;
        loop {
            let nucleo = &almacen.via.nucleo;
            let ritmo = if nucleo.caos().hay_calma() { RITMO_DE_CALMA_MS } else { RITMO_MS };
            nucleo.dormir(ritmo).await;
            let ahora = nucleo.ahora();
            if bus.caido() {
                tregua = ahora + GRACIA_MS;
            }
            if ahora >= tregua && almacen.defecto != Defecto::SinPlazos {
                self.ronda(ahora).await;
            }
        }
    }

    async fn ronda(&mut self, ahora_ms: i64) {
        let via = self.arrendamientos.almacen.via.clone();
        let Some(tenencia) = self.arrendamientos.vigente() else { return };
        let ahora = via.nucleo.reloj(via.proceso);
        self.apartadas.retain(|_, hasta| ahora_ms < *hasta);
        let apartadas: Vec<IdSaga> = self.apartadas.keys().copied().collect();
        let Ok(ids) = self.vencer.buscar(ahora, &tenencia, &apartadas, LOTE).await else { return };
        if ids.is_empty() {
            return;
        }
        match self.vencer.vencer(&ids, ahora, &tenencia).await {
            Ok(Vencidas { movidas, quietas, imposibles }) => {
                via.anotar(format_args!("{movidas} sagas movidas por su plazo"));
                let sin_remedio = quietas.into_iter().chain(imposibles.into_iter().map(|(id, _)| id));
                self.apartadas.extend(sin_remedio.map(|id| (id, ahora_ms + APARTE_MS)));
            }
            Err(error) => via.anotar(format_args!("plazos sin mirar: {error}")),
        }
    }
}

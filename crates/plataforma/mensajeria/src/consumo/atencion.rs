use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::contrato::Grupo;
use super::entrante::Llegado;
use super::resolucion::{Resolucion, Tanda};

/// Handles what has arrived for a group, one batch at a time, until `cierre`.
pub(crate) async fn atender(grupo: Grupo, mut cola: mpsc::Receiver<Llegado>, cierre: CancellationToken) {
    let maximo = grupo.maximo.max(1);
    let resolucion = Resolucion::nueva(&grupo, &cierre);
    let mut llegados = Vec::with_capacity(maximo);
    while let Some(cuantos @ 1..) = cierre.run_until_cancelled(cola.recv_many(&mut llegados, maximo)).await {
        metrics::counter!("mensajeria_consumidos_total", "grupo" => grupo.nombre).increment(cuantos as u64);
        metrics::histogram!("mensajeria_lote_mensajes", "grupo" => grupo.nombre).record(cuantos as f64);
        let (sospechosos, normales): (Vec<_>, Vec<_>) = llegados.drain(..).partition(|llegado| llegado.sospechoso);
        resolucion.resolver(&Tanda::from_iter(normales)).await;
        resolucion.resolver_sospechosos(sospechosos).await;
    }
    tracing::debug!(grupo = grupo.nombre, "the group stopped");
}

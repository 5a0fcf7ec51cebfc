//! The fast way: sends what has arrived, several batches at a time, and deletes what the broker confirmed.

use std::sync::Arc;
use std::time::Duration;

use contratos::Saliente;
use mensajeria::Publicar;
use sqlx::PgPool;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{ESPERA_DE_ACUSE, Entregado, contar_publicados, olvidar};
use crate::outbox;

/// Batches that wait for their receipts at the same time.
pub(super) const EN_VUELO: usize = 8;
const LOTE: usize = 256;

/// A message that waited longer is left to the sweeper, which would soon send it a second time. It must stay
/// below the 5 s after which the sweeper takes a row.
const CADUCIDAD: Duration = Duration::from_secs(4);

/// Bounds of the shutdown: in all, and without a new message.
const DRENADO: Duration = Duration::from_secs(5);
const QUIETUD: Duration = Duration::from_secs(1);

const ESPERA_DE_BORRADO: Duration = Duration::from_secs(5);

pub(super) struct Publicacion {
    publicador: Arc<dyn Publicar>,
    borrador: mpsc::Sender<Vec<Uuid>>,
    cierre: CancellationToken,
    vuelos: JoinSet<()>,
}

impl Publicacion {
    pub(super) fn nueva(
        publicador: Arc<dyn Publicar>,
        borrador: mpsc::Sender<Vec<Uuid>>,
        cierre: CancellationToken,
    ) -> Self {
        Self { publicador, borrador, cierre, vuelos: JoinSet::new() }
    }

    pub(super) async fn ejecutar(mut self, mut cola: mpsc::Receiver<Entregado>) {
        let cierre = self.cierre.clone();
        loop {
            let mut lote = Vec::new();
            tokio::select! {
                () = cierre.cancelled() => break,
                Some(vuelo) = self.vuelos.join_next() => registrar_fin(vuelo),
                recibidos = cola.recv_many(&mut lote, LOTE), if self.vuelos.len() < EN_VUELO => {
                    if recibidos == 0 {
                        break;
                    }
                    self.lanzar(lote);
                }
            }
        }
        self.drenar(cola).await;
    }

    fn lanzar(&mut self, lote: Vec<Entregado>) {
        let recibidos = lote.len();
        if !self.publicador.disponible() {
            return olvidar("no_disponible", recibidos);
        }
        let frescos = lote.into_iter().filter(|entregado| entregado.desde.elapsed() < CADUCIDAD);
        let mensajes: Vec<Saliente> = frescos.map(|entregado| entregado.mensaje).collect();
        olvidar("caducado", recibidos - mensajes.len());
        if !mensajes.is_empty() {
            self.vuelos.spawn(enviar(Arc::clone(&self.publicador), self.borrador.clone(), mensajes));
        }
    }

    /// Consumers finish their batch after the signal, so the queue counts as empty only after a quiet moment.
    async fn drenar(mut self, mut cola: mpsc::Receiver<Entregado>) {
        let fin = Instant::now() + DRENADO;
        loop {
            let mut lote = Vec::new();
            let limite = fin.min(Instant::now() + QUIETUD);
            match timeout_at(limite, cola.recv_many(&mut lote, LOTE)).await {
                Ok(recibidos) if recibidos > 0 => self.lanzar(lote),
                Ok(_) | Err(_) => break,
            }
        }
        let aterrizar = async {
            while let Some(vuelo) = self.vuelos.join_next().await {
                registrar_fin(vuelo);
            }
        };
        if timeout_at(fin, aterrizar).await.is_err() {
            tracing::warn!("the outbox publisher stopped before all receipts came; a sweeper sends those rows again");
        }
    }
}

fn registrar_fin(vuelo: Result<(), tokio::task::JoinError>) {
    if let Err(error) = vuelo {
        tracing::error!(%error, "a batch of the outbox publisher ended badly; a sweeper takes its rows");
    }
}

async fn enviar(publicador: Arc<dyn Publicar>, borrador: mpsc::Sender<Vec<Uuid>>, mensajes: Vec<Saliente>) {
    let ids: Vec<Uuid> = mensajes.iter().map(|mensaje| mensaje.id).collect();
    let Ok(acuses) = timeout(ESPERA_DE_ACUSE, publicador.publicar(mensajes)).await else {
        return olvidar("sin_acuse", ids.len());
    };
    let total = ids.len();
    let confirmados: Vec<Uuid> =
        ids.into_iter().zip(acuses).filter_map(|(id, acuse)| acuse.is_ok().then_some(id)).collect();
    contar_publicados("directa", confirmados.len());
    olvidar("sin_acuse", total - confirmados.len());
    if !confirmados.is_empty() && borrador.send(confirmados).await.is_err() {
        tracing::warn!("confirmed outbox rows could not be deleted; a sweeper sends them again");
    }
}

/// Deletes the rows of all batches confirmed so far with one statement; ends with the last publisher.
pub(super) async fn borrar_confirmados(pool: PgPool, mut confirmados: mpsc::Receiver<Vec<Uuid>>) {
    let mut lotes = Vec::new();
    while confirmados.recv_many(&mut lotes, EN_VUELO).await > 0 {
        let ids = std::mem::take(&mut lotes).concat();
        match timeout(ESPERA_DE_BORRADO, outbox::borrar(&pool, &ids)).await {
            Ok(Ok(_)) => {}
            Ok(Err(error)) => tracing::warn!(%error, "confirmed outbox rows stay until a sweeper sends them again"),
            Err(_) => tracing::warn!("deleting confirmed outbox rows took too long; a sweeper sends them again"),
        }
    }
}

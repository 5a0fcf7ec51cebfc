//! Takes committed messages from the outbox to the broker.
//!
//! The fast way is in memory: whoever committed hands its rows over and the publisher task sends them. The
//! safe way is the sweeper, which takes from the table what the fast way forgot.

mod barrido;
mod publicacion;

use std::sync::Arc;
use std::time::Duration;

use contratos::Saliente;
use mensajeria::Publicar;
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use barrido::Barrido;
use publicacion::Publicacion;

/// How many messages wait in memory before new ones are left to the sweeper.
const CUPO: usize = 4096;

/// How long one batch may wait for its receipts, a little more than the client itself waits.
const ESPERA_DE_ACUSE: Duration = Duration::from_secs(40);

/// The way from a commit to this process's own publisher.
#[derive(Clone)]
pub struct Despachador {
    cola: mpsc::Sender<Entregado>,
}

struct Entregado {
    mensaje: Saliente,
    desde: Instant,
}

impl Despachador {
    /// Starts the publisher and the sweeper of this process on `tareas`; both end after `cierre`, and the
    /// publisher first empties its queue within a bounded time.
    pub fn iniciar(
        pool: PgPool,
        publicador: Arc<dyn Publicar>,
        tareas: &TaskTracker,
        cierre: &CancellationToken,
    ) -> Self {
        let (entrada, cola) = mpsc::channel(CUPO);
        let (borrador, confirmados) = mpsc::channel(publicacion::EN_VUELO);
        let publicacion = Publicacion::nueva(Arc::clone(&publicador), borrador, cierre.clone());
        tareas.spawn(publicacion.ejecutar(cola));
        tareas.spawn(publicacion::borrar_confirmados(sin_esperar_al_disco(&pool), confirmados));
        tareas.spawn(Barrido::nuevo(pool, publicador, cierre.clone()).ejecutar());
        Self { cola: entrada }
    }

    /// Hands committed messages over, all of them or, when there is no room, none: the sweeper takes those.
    pub(crate) fn entregar(&self, mensajes: Vec<Saliente>) {
        if mensajes.is_empty() {
            return;
        }
        let cuantos = mensajes.len();
        let Ok(cupos) = self.cola.try_reserve_many(cuantos) else {
            return olvidar("cola_llena", cuantos);
        };
        let desde = Instant::now();
        for (cupo, mensaje) in cupos.zip(mensajes) {
            cupo.send(Entregado { mensaje, desde });
        }
    }
}

/// A connection of its own for deletes that a crash of the database may undo: those rows are only sent again.
fn sin_esperar_al_disco(pool: &PgPool) -> PgPool {
    let opciones = pool.connect_options().as_ref().clone().options([("synchronous_commit", "off")]);
    PgPoolOptions::new().max_connections(1).connect_lazy_with(opciones)
}

/// Counts messages that stay in the table for the sweeper.
fn olvidar(razon: &'static str, cuantos: usize) {
    if cuantos > 0 {
        metrics::counter!("bandejas_olvidados_total", "razon" => razon).increment(cuantos as u64);
    }
}

fn contar_publicados(via: &'static str, cuantos: usize) {
    metrics::counter!("bandejas_publicados_total", "via" => via).increment(cuantos as u64);
}

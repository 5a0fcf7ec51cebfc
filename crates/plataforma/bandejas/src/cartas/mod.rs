//! Dead letters: messages that could not be handled, kept sealed until somebody or something handles them.

mod acciones;
mod api;
mod carta;
mod consulta;
mod mantenimiento;
mod paso;
mod reintentos;
mod turno;

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use cifrado::Cifrador;
use mensajeria::{BoxError, Carta, Cuarentena, Entrante, Manejador};
use sqlx::PgPool;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use carta::CartaSellada;

type Manejadores = HashMap<String, Arc<dyn Manejador>>;

/// The dead letters of one service database.
///
/// A row leaves only by the retention of 30 days. Its bytes are encrypted with the row's id as context and
/// are erased as soon as the message was handled or discarded.
pub struct CartasMuertas {
    pool: PgPool,
    cifrador: Arc<Cifrador>,
    manejadores: OnceLock<Manejadores>,
    /// Wakes the retry loop of this process when an operator asked for a retry.
    pendientes: Notify,
}

/// Where a dead letter stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::Type, serde::Serialize)]
#[sqlx(type_name = "text", rename_all = "lowercase")]
#[serde(rename_all = "lowercase")]
pub(crate) enum EstadoCarta {
    /// Tried again by itself when its time comes.
    Reintento,
    /// Waits for an operator.
    Muerta,
    /// Handled by a retry.
    Reenviada,
    /// Given up by an operator.
    Descartada,
}

impl EstadoCarta {
    const TODOS: [Self; 4] = [Self::Reintento, Self::Muerta, Self::Reenviada, Self::Descartada];

    pub(crate) fn como_texto(self) -> &'static str {
        match self {
            Self::Reintento => "reintento",
            Self::Muerta => "muerta",
            Self::Reenviada => "reenviada",
            Self::Descartada => "descartada",
        }
    }

    pub(crate) fn desde_texto(texto: &str) -> Option<Self> {
        Self::TODOS.into_iter().find(|estado| estado.como_texto() == texto)
    }
}

impl CartasMuertas {
    /// Parks letters at once; they are retried only after [`CartasMuertas::reintentar`].
    pub fn nueva(pool: PgPool, cifrador: Arc<Cifrador>) -> Arc<Self> {
        Arc::new(Self { pool, cifrador, manejadores: OnceLock::new(), pendientes: Notify::new() })
    }

    /// Starts the retry loop, the retention and the gauges on `tareas`; all end after `cierre`.
    ///
    /// Only letters of the named groups are retried; those of a group that no longer exists wait for an
    /// operator. The second call does nothing.
    pub fn reintentar(
        self: &Arc<Self>,
        manejadores: HashMap<String, Arc<dyn Manejador>>,
        tareas: &TaskTracker,
        cierre: &CancellationToken,
    ) {
        if self.manejadores.set(manejadores).is_err() {
            tracing::warn!("the retries of dead letters run already");
            return;
        }
        tareas.spawn(reintentos::ejecutar(Arc::clone(self), cierre.clone()));
        tareas.spawn(mantenimiento::ejecutar(self.pool.clone(), cierre.clone()));
    }

    /// The operator's routes, to be mounted behind the service's authentication.
    pub fn rutas(self: Arc<Self>) -> axum::Router {
        api::rutas(self)
    }

    fn manejador(&self, grupo: &str) -> Option<&Arc<dyn Manejador>> {
        self.manejadores.get()?.get(grupo)
    }

    fn grupos(&self) -> Vec<String> {
        self.manejadores.get().into_iter().flat_map(HashMap::keys).cloned().collect()
    }
}

#[async_trait]
impl Cuarentena for CartasMuertas {
    /// Parking a position twice keeps the first row as it is, so a redelivered message changes nothing.
    #[tracing::instrument(name = "bandejas.aparcar", skip_all, fields(cartas = cartas.len()))]
    async fn aparcar(&self, cartas: Vec<Carta>) -> Result<(), BoxError> {
        let selladas =
            cartas.iter().map(|carta| CartaSellada::de(carta, &self.cifrador)).collect::<Result<Vec<_>, _>>()?;
        let mut tx = self.pool.begin().await?;
        let nuevas = paso::insertar(&mut tx, selladas).await?;
        paso::olvidar_intentos(&mut tx, &cartas).await?;
        tx.commit().await?;
        for (grupo, estado) in nuevas {
            metrics::counter!("bandejas_cartas_total", "grupo" => grupo, "estado" => estado).increment(1);
        }
        Ok(())
    }

    async fn anotar_intento(&self, grupo: &str, entrante: &Entrante) -> Result<u32, BoxError> {
        Ok(paso::anotar_intento(&self.pool, grupo, entrante).await?)
    }
}

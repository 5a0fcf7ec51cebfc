//! What the audit needs from outside.

use std::collections::HashMap;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::hechos::{Aviso, Expediente, ServicioVisto};
use super::reglas::Discrepancia;
use crate::aplicacion::puertos::ErrorRepositorio;
use crate::dominio::IdSuscripcion;

/// A place in the log of all sagas, in the order in which transactions were numbered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Posicion {
    pub tx: u64,
    pub saga: Uuid,
    pub version: i64,
}

/// A stretch of the log whose sagas have been quiet for a while.
#[derive(Debug, Clone)]
pub struct Tramo {
    /// Subscriptions of the sagas that ended in it.
    pub suscripciones: Vec<IdSuscripcion>,
    /// How many sagas ended in it.
    pub terminadas: i64,
    /// Its last entry; none when it has none.
    pub hasta: Option<Posicion>,
    /// Every entry of transactions numbered below this has been read.
    pub leido: u64,
    /// Transactions that had ended at `instante` are numbered below `siguiente`.
    pub siguiente: u64,
    pub instante: DateTime<Utc>,
    /// Whether there is more to read at once.
    pub sigue: bool,
}

/// One step of the sweep over everything.
#[derive(Debug, Clone)]
pub struct Barrida {
    pub suscripciones: Vec<IdSuscripcion>,
    /// Where the next step begins.
    pub hasta: (DateTime<Utc>, Uuid),
    /// Whether the sweep is over with these.
    pub ultima: bool,
}

/// What one look at some subscriptions found.
#[derive(Debug, Clone, Default)]
pub struct Juicio {
    pub juzgadas: Vec<IdSuscripcion>,
    /// Who did not answer: what was not found is then not known to be right.
    pub callados: Vec<&'static str>,
    pub halladas: Vec<(IdSuscripcion, Discrepancia)>,
}

/// How far the audit has come, and what stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Balance {
    /// Sagas that ended and were checked.
    pub revisadas: i64,
    /// Sagas that break some rule.
    pub inconsistentes: i64,
    /// Sagas that broke some rule once and have not been looked at again.
    pub en_observacion: i64,
    /// Every saga that had ended then has been checked.
    pub revisado_hasta: Option<DateTime<Utc>>,
}

/// A participant whose ledger could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0} does not answer")]
pub struct SinRespuesta(pub &'static str);

/// The ledgers of the other services. What a subscription has no entry for, it does not have.
#[async_trait]
pub trait LibrosAjenos: Send + Sync {
    async fn servicios(
        &self,
        ids: &[IdSuscripcion],
    ) -> Result<HashMap<IdSuscripcion, Vec<ServicioVisto>>, SinRespuesta>;
    async fn avisos(&self, ids: &[IdSuscripcion]) -> Result<HashMap<IdSuscripcion, Vec<Aviso>>, SinRespuesta>;
}

/// The ledger of this service, how far the audit came, and what it found.
#[async_trait]
pub trait RepositorioAuditoria: Send + Sync {
    /// Whether this instance is the one that audits; the turn passes when its owner is silent.
    async fn tomar_turno(&self) -> Result<bool, ErrorRepositorio>;
    /// What follows in the log.
    async fn tramo(&self) -> Result<Tramo, ErrorRepositorio>;
    /// Notes that the stretch has been checked.
    async fn pasar_tramo(&self, tramo: &Tramo) -> Result<(), ErrorRepositorio>;
    /// What follows in the sweep; none while the next one is not due.
    async fn barrida(&self) -> Result<Option<Barrida>, ErrorRepositorio>;
    /// Notes that the step has been checked.
    async fn pasar_barrida(&self, barrida: &Barrida) -> Result<(), ErrorRepositorio>;
    /// Subscriptions with findings that are due for another look.
    async fn por_confirmar(&self) -> Result<Vec<IdSuscripcion>, ErrorRepositorio>;
    /// This service's own ledger of the subscriptions, all of one moment.
    async fn expedientes(&self, ids: &[IdSuscripcion]) -> Result<Vec<Expediente>, ErrorRepositorio>;
    /// Stores what was found: first it is observed, then open; what is no longer so is resolved.
    async fn anotar(&self, juicio: &Juicio) -> Result<(), ErrorRepositorio>;
    async fn balance(&self) -> Result<Balance, ErrorRepositorio>;
}

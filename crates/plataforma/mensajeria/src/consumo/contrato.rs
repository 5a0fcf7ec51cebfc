use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;

use super::entrante::Entrante;
use crate::error::BoxError;

/// Topics that one handler reads together, as one subscription shared by every instance of the service.
pub struct Grupo {
    /// Names the group in metrics and dead letters.
    pub nombre: &'static str,
    /// Short topic names.
    pub temas: Vec<String>,
    pub suscripcion: String,
    pub manejador: Arc<dyn Manejador>,
    pub cuarentena: Arc<dyn Cuarentena>,
    /// Most messages handled together.
    pub maximo: usize,
    /// How many messages of each topic the broker may send ahead: few where one message is long work, so that
    /// another instance can take the rest.
    pub adelanto: u32,
}

impl Grupo {
    /// How many messages are sent ahead where each is short work.
    pub const ADELANTO: u32 = 128;
}

/// Handles messages, several at a time and in no particular order.
///
/// The same message may come more than once. A panic counts as `ErrorManejo::Datos`.
#[async_trait]
pub trait Manejador: Send + Sync {
    /// One outcome per message, in order, after its effects are committed; on an error nothing was done.
    async fn manejar(&self, lote: &[Entrante]) -> Result<Vec<Desenlace>, ErrorManejo>;
}

/// How the handling of one message ended. Either way it will not be delivered again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Desenlace {
    Hecho,
    /// It can never succeed: it becomes a dead letter.
    Rechazado(Motivo),
}

/// Why a message is set aside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Motivo {
    pub codigo: &'static str,
    /// For an operator; free of personal data.
    pub detalle: String,
}

/// Why a batch was not handled at all.
#[derive(Debug, thiserror::Error)]
pub enum ErrorManejo {
    /// Something outside failed: the same batch is tried again, after a pause, until it goes through.
    #[error("the batch could not be handled now")]
    Infraestructura(#[source] BoxError),
    /// Some message cannot be handled: the batch is halved until it stands alone, and that one is parked.
    #[error("some message of the batch cannot be handled")]
    Datos(#[source] BoxError),
}

/// Keeps the messages that could not be handled.
#[async_trait]
pub trait Cuarentena: Send + Sync {
    /// Stores them for good; only then are they acknowledged. Repeating a letter changes nothing.
    async fn aparcar(&self, cartas: Vec<Carta>) -> Result<(), BoxError>;

    /// Records, in its own transaction, that a message which may have killed a process is about to be tried;
    /// the answer is how often that was recorded.
    async fn anotar_intento(&self, grupo: &str, entrante: &Entrante) -> Result<u32, BoxError>;
}

/// A message set aside.
#[derive(Clone)]
pub struct Carta {
    pub grupo: String,
    pub entrante: Entrante,
    pub motivo: Motivo,
    /// It may succeed later: try it again from time to time.
    pub reintentable: bool,
}

impl fmt::Debug for Carta {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Carta({} {:?}: {})", self.grupo, self.entrante, self.motivo.codigo)
    }
}

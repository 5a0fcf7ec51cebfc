//! What the use cases need from outside: the ports, and the types that cross them.

mod ordenes;

use std::error::Error;
use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use saga::{Datos, Definicion, Entrada, EstadoSaga, Examen};
use uuid::Uuid;

pub use self::ordenes::{
    Cambio, CambioNuevo, Cargo, ClaveCliente, Consulta, Contenido, Contexto, Escritura, Estorbo, Iniciada, Lectura,
    Producto, RepositorioSuscripciones, Respuesta, Versionada,
};
use super::Tenencia;
use super::encargo::{Asiento, Encargo};
use super::filtro_sagas::FiltroSagas;
use crate::dominio::{Caso, CodigoPlan, EstadoDefinicion, IdSaga, IdSuscripcion, Plan, VersionDefinicion};

/// What became of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guardado {
    Escrito,
    /// Somebody else wrote first, or only somebody else may write: read and decide again.
    Conflicto,
}

/// A saga as stored: its definition's key, what it is about, and its folded state.
#[derive(Debug, Clone)]
pub struct Saga {
    pub id: IdSaga,
    pub definicion: Arc<Definicion>,
    pub suscripcion: IdSuscripcion,
    pub cliente: ClaveCliente,
    pub plan: CodigoPlan,
    pub traza: Option<String>,
    pub estado: EstadoSaga,
}

/// New log entries of a saga, and its state after them.
#[derive(Debug, Clone)]
pub struct Avance {
    /// As read, but for the definition, which is the one that it runs afterwards; its `estado.version` is the fence.
    pub saga: Saga,
    pub entradas: Vec<Entrada>,
    pub estado: EstadoSaga,
    pub instante: DateTime<Utc>,
}

/// An answer that may move a saga.
#[derive(Debug, Clone)]
pub struct RespuestaDeSaga {
    pub saga: IdSaga,
    /// The command it answers.
    pub comando: Uuid,
    pub tipo: String,
    pub datos: Datos,
}

/// Why a store could not do its work.
#[derive(Debug, thiserror::Error)]
pub enum ErrorRepositorio {
    #[error("the store is not available")]
    NoDisponible(#[source] Box<dyn Error + Send + Sync>),
    #[error("the store refused the data")]
    Datos(#[source] Box<dyn Error + Send + Sync>),
    #[error("still contended after {0} attempts")]
    Contencion(u32),
}

/// Keeps sagas and their log. The version is the fence: of two writers of one version, one wins.
#[async_trait]
pub trait RepositorioSagas: Send + Sync {
    async fn obtener(&self, ids: &[IdSaga]) -> Result<Vec<Saga>, ErrorRepositorio>;
    /// One answer per advance, in order; entries and commands of the losers are not stored.
    async fn guardar(&self, avances: &[Avance]) -> Result<Vec<Guardado>, ErrorRepositorio>;
    /// Live sagas of the held partitions with a deadline at or before `ahora`, but for `apartadas`; earliest first.
    async fn vencidas(
        &self,
        ahora: DateTime<Utc>,
        tenencia: &Tenencia,
        apartadas: &[IdSaga],
        limite: i64,
    ) -> Result<Vec<IdSaga>, ErrorRepositorio>;
    /// Like `guardar`, but a saga whose partition is no longer held under that epoch loses too.
    async fn guardar_vencidas(
        &self,
        avances: &[Avance],
        tenencia: &Tenencia,
    ) -> Result<Vec<Guardado>, ErrorRepositorio>;
}

/// A batch of orders: what was shown when it was proposed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lote {
    pub id: Uuid,
    pub encargo: Encargo,
    pub filtro: FiltroSagas,
    pub sagas: Vec<IdSaga>,
    pub creado: DateTime<Utc>,
    /// It can be confirmed until then.
    pub vence: DateTime<Utc>,
}

/// What became of an order that was decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mandado {
    Aplicado,
    /// The saga moved first: read and decide again.
    Conflicto,
    /// The batch has a record of this saga already.
    YaConsta,
}

/// What became of a confirmation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Confirmacion {
    Confirmado,
    YaConfirmado,
    Vencido,
    /// Somebody else proposed it.
    DeOtro,
    Desconocido,
}

/// Keeps orders: who ordered what, what came of it, and the batches under way.
#[async_trait]
pub trait RepositorioMandos: Send + Sync {
    /// The newest live sagas that match.
    async fn seleccionar(
        &self,
        inquilino: &str,
        filtro: &FiltroSagas,
        limite: i64,
    ) -> Result<Vec<IdSaga>, ErrorRepositorio>;
    /// One answer per transition, in order; each is stored with its record, its commands and its fence, or not at all.
    async fn guardar(&self, encargo: &Encargo, avances: &[Avance]) -> Result<Vec<Mandado>, ErrorRepositorio>;
    /// Records what changes no saga; a saga has one record per batch, the first.
    async fn anotar(&self, encargo: &Encargo, asientos: &[Asiento]) -> Result<(), ErrorRepositorio>;
    async fn proponer(&self, lote: &Lote) -> Result<(), ErrorRepositorio>;
    async fn confirmar(&self, lote: Uuid, actor: &str, ahora: DateTime<Utc>) -> Result<Confirmacion, ErrorRepositorio>;
    /// Some confirmed batch that nobody works on, and its next sagas without a record.
    async fn tomar(&self, limite: i64) -> Result<Option<(Lote, Vec<IdSaga>)>, ErrorRepositorio>;
    /// Lets the next step of a taken batch begin.
    async fn soltar(&self, lote: Uuid) -> Result<(), ErrorRepositorio>;
}

/// The catalogue of plans and the active definition of each flow.
#[async_trait]
pub trait Catalogo: Send + Sync {
    async fn plan(&self, codigo: &CodigoPlan) -> Result<Option<Plan>, ErrorRepositorio>;
    /// The active version of a flow.
    async fn definicion(&self, flujo: &str) -> Result<Option<Arc<Definicion>>, ErrorRepositorio>;
    /// The flow that carries an operation out.
    async fn flujo_de(&self, caso: &Caso) -> Result<Option<String>, ErrorRepositorio>;
}

/// The catalogue as an operator changes it.
#[async_trait]
pub trait CatalogoEditable: Catalogo {
    /// The plans on sale that name a flow.
    async fn en_venta_con(&self, flujo: &str) -> Result<Vec<Plan>, ErrorRepositorio>;
    /// Says which flow carries an operation out, or that none does.
    async fn fijar_flujo(&self, caso: &Caso, flujo: Option<&str>) -> Result<(), ErrorRepositorio>;
    /// Creates or replaces a plan; false, and nothing written, when its flow is not active any more.
    async fn guardar_plan(&self, plan: &Plan) -> Result<bool, ErrorRepositorio>;
    /// Makes this instance see at once what was written.
    async fn olvidar(&self);
}

/// A definition as stored, of whatever state.
#[derive(Debug, Clone, PartialEq)]
pub struct DefinicionGuardada {
    pub id: VersionDefinicion,
    pub documento: Datos,
    pub sha256: String,
    pub estado: EstadoDefinicion,
}

/// What became of a draft.
#[derive(Debug, Clone, PartialEq)]
pub enum Borrador {
    Creado(DefinicionGuardada),
    /// The version exists; its document is this one or another, and stays as it is.
    Existente {
        guardada: DefinicionGuardada,
        igual: bool,
    },
}

/// What became of a retirement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Retiro {
    Retirada,
    /// Plans on sale begin sagas with it.
    EnUso(Vec<CodigoPlan>),
}

/// Keeps saga definitions: a document never changes, its state does. Who moves it is recorded.
#[async_trait]
pub trait RepositorioDefiniciones: Send + Sync {
    /// Stores a draft, completed with the schemas of the platform's own messages that it names.
    async fn crear(&self, id: &VersionDefinicion, documento: Datos, actor: &str) -> Result<Borrador, ErrorRepositorio>;
    async fn obtener(&self, id: &VersionDefinicion) -> Result<Option<DefinicionGuardada>, ErrorRepositorio>;
    /// A draft becomes verified; whatever has gone further stays where it is.
    async fn verificar(&self, id: &VersionDefinicion, actor: &str) -> Result<(), ErrorRepositorio>;
    /// The version becomes the active one of its key, and the one that was is retired.
    async fn activar(&self, id: &VersionDefinicion, actor: &str) -> Result<(), ErrorRepositorio>;
    async fn retirar(&self, id: &VersionDefinicion, actor: &str) -> Result<Retiro, ErrorRepositorio>;
}

/// One rule that a definition breaks.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Incumplimiento {
    /// The rule's stable name.
    pub regla: String,
    /// Dotted path in the document.
    pub ruta: String,
    /// For people.
    pub texto: String,
}

/// The broker could not be asked, or failed at what it was asked for.
#[derive(Debug, thiserror::Error)]
#[error("the registry of messages did not do its part")]
pub struct ErrorRegistro(#[source] pub Box<dyn Error + Send + Sync>);

/// Topics, schemas and subscriptions of what definitions send and read.
#[async_trait]
pub trait RegistroMensajes: Send + Sync {
    /// What a document says of its messages and does not hold, against their schemas and against the registry.
    async fn revisar(&self, examen: &Examen) -> Result<Vec<Incumplimiento>, ErrorRegistro>;
    /// Makes everything that its sagas need exist before the first of them begins; may be repeated.
    async fn preparar(&self, definicion: &Definicion) -> Result<(), ErrorRegistro>;
}

/// Derives the ids that every retry must repeat.
pub trait Identidades: Send + Sync {
    /// The saga that a creating command starts.
    fn saga(&self, comando: Uuid) -> IdSaga;
    /// The subscription of a creating command that names none.
    fn suscripcion(&self, comando: Uuid) -> IdSuscripcion;
    /// The id of a saga's command.
    fn comando(&self, saga: IdSaga, paso: &str, direccion: saga::Direccion) -> Uuid;
}

//! What a reprocessing needs from outside: the topics, and the tables.

use std::collections::HashSet;
use std::error::Error;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use saga::{Datos, EstadoSaga};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::informe::Comparacion;
use crate::aplicacion::puertos::{Avance, ErrorRepositorio, Saga};
use crate::dominio::IdSaga;

/// What a saga's row says beside the fold of its log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CabeceraPublicada {
    pub id_suscripcion: Uuid,
    pub inquilino: String,
    pub codigo_cliente: String,
    pub codigo_plan: String,
    pub definicion: String,
    pub definicion_version: i32,
    pub traza: Option<String>,
    pub creada: DateTime<Utc>,
}

/// A transition as it was published.
#[derive(Debug, Clone, PartialEq)]
pub struct TransicionPublicada {
    pub saga: IdSaga,
    pub version: i64,
    pub instante: DateTime<Utc>,
    pub entrada: Datos,
    pub cabecera: Option<CabeceraPublicada>,
}

/// The last published state of a saga.
#[derive(Debug, Clone, PartialEq)]
pub struct EstadoPublicado {
    pub saga: IdSaga,
    pub version: i64,
    pub cabecera: CabeceraPublicada,
    pub documento: Datos,
}

/// Everything that was published of one saga, its transitions by version.
#[derive(Debug, Clone, PartialEq)]
pub struct Historia {
    pub saga: IdSaga,
    pub transiciones: Vec<TransicionPublicada>,
    pub estado: Option<EstadoPublicado>,
}

/// A saga's row as its published log makes it.
#[derive(Debug, Clone, PartialEq)]
pub struct SagaPlegada {
    pub saga: IdSaga,
    pub cabecera: CabeceraPublicada,
    pub estado: EstadoSaga,
    pub actualizada: DateTime<Utc>,
}

/// What one message of a topic held.
#[derive(Debug, Clone, PartialEq)]
pub struct Lote<T> {
    pub leidos: Vec<T>,
    pub mensajes: u64,
    /// Entries, or the whole message, that nobody can read.
    pub ilegibles: u64,
}

/// A topic, from its beginning to the end that it had when the reading began.
#[async_trait]
pub trait Lectura<T>: Send {
    async fn siguiente(&mut self) -> Result<Option<Lote<T>>, ErrorReproceso>;
}

/// What was published of the sagas.
#[async_trait]
pub trait Publicado: Send + Sync {
    async fn registro(&self) -> Result<Box<dyn Lectura<TransicionPublicada>>, ErrorReproceso>;
    async fn estados(&self) -> Result<Box<dyn Lectura<EstadoPublicado>>, ErrorReproceso>;
    /// Which of these commands somebody answered on these topics, as far back as they are kept.
    async fn contestados(&self, temas: &[String], comandos: &HashSet<Uuid>) -> Result<HashSet<Uuid>, ErrorReproceso>;
}

/// How many transitions were kept of a batch; of each (saga, version) the first counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Anotadas {
    pub repetidas: u64,
    /// Repetitions that say something else than the first.
    pub divergentes: u64,
}

/// What a rebuilding wrote.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rehecho {
    pub sagas: u64,
    pub transiciones: u64,
    /// Transitions that only the tables had: they go out again.
    pub republicadas: u64,
    /// Live sagas of a subscription that has another live one; the next run takes them.
    pub aplazadas: Vec<IdSaga>,
    /// Sagas whose definition is not here.
    pub sin_definicion: Vec<IdSaga>,
}

/// A creating command whose saga is nowhere, neither in the tables nor published.
#[derive(Debug, Clone)]
pub struct Perdida {
    pub saga: Saga,
    pub desenlace: saga::Desenlace,
    pub instante: DateTime<Utc>,
}

/// Those, and the ones of which nobody knows any more which flow they followed.
#[derive(Debug, Clone, Default)]
pub struct Perdidas {
    pub sagas: Vec<Perdida>,
    pub sin_flujo: Vec<IdSaga>,
}

/// The tables of sagas, a bench beside them to rebuild on, and the orchestrators that work on them.
#[async_trait]
pub trait TablasSagas: Send + Sync {
    /// Keeps other reprocessings out while this one lives; false when there is one already.
    async fn tomar_turno(&self) -> Result<bool, ErrorReproceso>;
    async fn soltar_turno(&self) -> Result<(), ErrorReproceso>;
    /// Stops all orchestrators and waits until they have; false when they had been stopped before, by somebody else.
    async fn pausar(&self) -> Result<bool, ErrorReproceso>;
    async fn reanudar(&self) -> Result<(), ErrorReproceso>;
    /// Makes the tables that are missing, empty.
    async fn asegurar(&self) -> Result<(), ErrorReproceso>;
    /// Waits until everything that is in the tables now has been published. What comes later does not count from
    /// here on.
    async fn drenar(&self) -> Result<(), ErrorReproceso>;

    async fn vaciar_banco(&self) -> Result<(), ErrorReproceso>;
    async fn anotar(&self, transiciones: &[TransicionPublicada]) -> Result<Anotadas, ErrorReproceso>;
    async fn anotar_estados(&self, estados: &[EstadoPublicado]) -> Result<(), ErrorReproceso>;
    /// The next sagas of the bench in the order of their ids; none after the last.
    async fn historias(&self, despues_de: Option<IdSaga>) -> Result<Vec<Historia>, ErrorReproceso>;
    async fn guardar_plegadas(&self, plegadas: &[SagaPlegada]) -> Result<(), ErrorReproceso>;

    /// Compares the digest of every saga, or of one: every column but the epoch and the time of the update.
    async fn comparar(&self, una: Option<IdSaga>) -> Result<Comparacion, ErrorReproceso>;
    /// Writes what is missing or differs, all of it or nothing.
    async fn rehacer(&self, distintas: &[IdSaga], una: Option<IdSaga>) -> Result<Rehecho, ErrorReproceso>;

    /// Creating commands whose saga is nowhere.
    async fn perdidas(&self) -> Result<Perdidas, ErrorReproceso>;
    /// Writes the first entry of a lost saga.
    async fn renacer(&self, avances: &[Avance]) -> Result<(), ErrorReproceso>;
    /// Sagas that were rebuilt and have not gone on yet.
    async fn por_restaurar(&self) -> Result<Vec<IdSaga>, ErrorReproceso>;
    async fn restauradas(&self, sagas: &[IdSaga]) -> Result<(), ErrorReproceso>;
    /// Which of these commands this service carried out.
    async fn ejecutados(&self, comandos: &[Uuid]) -> Result<HashSet<Uuid>, ErrorReproceso>;
    /// Waits until what was to be sent has been sent.
    async fn esperar_envios(&self) -> Result<(), ErrorReproceso>;
}

/// Why a reprocessing could not be carried out.
#[derive(Debug, thiserror::Error)]
pub enum ErrorReproceso {
    #[error("otro reproceso está en marcha")]
    OtroEnMarcha,
    #[error("estos orquestadores no confirman la pausa: {}", .0.iter().map(Uuid::to_string).collect::<Vec<_>>().join(", "))]
    SinAcuse(Vec<Uuid>),
    #[error("quedan {0} transiciones sin publicar: sin el registro entero no se puede comparar")]
    SinPublicar(i64),
    #[error("quedan {0} mensajes por enviar")]
    SinEnviar(i64),
    #[error("la saga se mueve mientras se rehace: repita la orden")]
    EnMovimiento,
    #[error("los tópicos no se pueden leer")]
    Topicos(#[source] Box<dyn Error + Send + Sync>),
    #[error(transparent)]
    Almacen(#[from] ErrorRepositorio),
}

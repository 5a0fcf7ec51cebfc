use super::{IdOrden, Orden, Respuesta};
use crate::dominio::{
    Catalogo, CodigoCliente, CodigoExperto, Cupos, Dataset, Especialidad, Estado, Experto, Hecho, IdServicioDatos,
    IdSuscripcion, Nube, Ocupacion, Persona, ServicioDatos,
};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use std::collections::{BTreeSet, HashMap};
use std::error::Error;
use uuid::Uuid;

/// Why the outside did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum ErrorRepositorio {
    #[error("the store is not available")]
    NoDisponible(#[source] Box<dyn Error + Send + Sync>),
    #[error("the store cannot do this")]
    Tecnico(#[source] Box<dyn Error + Send + Sync>),
    #[error("row {id} of table {tabla} is incoherent")]
    Incoherente {
        tabla: &'static str,
        id: String,
        #[source]
        causa: Box<dyn Error + Send + Sync>,
    },
    #[error("other transactions kept coming first")]
    EnDisputa,
}

/// Keeps data services, the answers they gave and the places they hold.
#[async_trait]
pub trait RepositorioServicios: Send + Sync {
    /// What the orders need to be decided: their services, the answers already given and their part of the catalogue.
    async fn obtener(&self, ordenes: &[Orden]) -> Result<Panorama, ErrorRepositorio>;

    /// Writes state, places, answers and messages of the whole batch, or nothing.
    ///
    /// One outcome per change, in order. A place that cannot be had, a version that moved on and an answer that
    /// exists already are each a conflict, never a refusal.
    async fn guardar(&self, cambios: &[Cambio], instante: DateTime<Utc>) -> Result<Vec<Guardado>, ErrorRepositorio>;
}

/// What a batch of orders is decided on. A service that is not there does not exist.
#[derive(Clone, Debug, Default)]
pub struct Panorama {
    pub servicios: HashMap<IdServicioDatos, Versionado>,
    pub respuestas: HashMap<IdOrden, Respuesta>,
    pub catalogo: Catalogo,
}

/// A service as it was read; version 0 has never been written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Versionado {
    pub version: i64,
    pub servicio: ServicioDatos,
}

/// What the orders of a batch do to one service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cambio {
    pub id: IdServicioDatos,
    pub leida: i64,
    /// The state after `hechos`; each fact is one version.
    pub servicio: ServicioDatos,
    pub hechos: Vec<Hecho>,
    pub atendidas: Vec<Atendida>,
}

impl Cambio {
    pub fn version(&self) -> i64 {
        self.leida + self.hechos.iter().map(|_| 1).sum::<i64>()
    }
}

/// An order with its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Atendida {
    pub orden: Orden,
    pub respuesta: Respuesta,
    /// The answer was given before: it is sent again and nothing else happens.
    pub repetida: bool,
    /// An order that has not come yet and must not do anything any more.
    pub cancela: Option<IdOrden>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guardado {
    Escrito,
    Conflicto,
}

/// Answers questions about data services.
#[async_trait]
pub trait Consultas: Send + Sync {
    /// The newest services first, beginning after `desde`.
    async fn listar(
        &self,
        filtro: &Filtro,
        desde: Option<IdServicioDatos>,
        limite: i64,
    ) -> Result<Vec<Ficha>, ErrorRepositorio>;
    async fn buscar(&self, id: IdServicioDatos) -> Result<Option<Ficha>, ErrorRepositorio>;
    /// What each subscription holds; one without a service is left out.
    async fn libro(&self, suscripciones: &[IdSuscripcion]) -> Result<Vec<Asiento>, ErrorRepositorio>;
    async fn operacion(&self, tipo: &str, id: Uuid) -> Result<Option<Operacion>, ErrorRepositorio>;
}

#[derive(Clone, Debug, Default)]
pub struct Filtro {
    pub suscripcion: Option<IdSuscripcion>,
    pub cliente: Option<CodigoCliente>,
    pub estado: Option<Estado>,
}

/// A service with its history in brief.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ficha {
    pub id: IdServicioDatos,
    pub version: i64,
    pub servicio: ServicioDatos,
    pub creado: DateTime<Utc>,
    pub actualizado: DateTime<Utc>,
}

/// What a subscription holds, read from the places themselves and not from the state of the service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asiento {
    pub id: IdServicioDatos,
    pub suscripcion: IdSuscripcion,
    pub estado: Estado,
    pub nube_ocupada: bool,
    pub experto_ocupado: bool,
}

/// What became of an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operacion {
    pub huella: Option<String>,
    pub id: IdServicioDatos,
    pub suscripcion: IdSuscripcion,
    pub respuesta: Respuesta,
}

/// Keeps the clouds, data sets and experts on offer. Every write is atomic for its batch.
#[async_trait]
pub trait RepositorioCatalogo: Send + Sync {
    async fn nubes(&self) -> Result<Vec<FichaNube>, ErrorRepositorio>;
    async fn datasets(&self) -> Result<Vec<Dataset>, ErrorRepositorio>;
    async fn expertos(&self) -> Result<Vec<FichaExperto>, ErrorRepositorio>;
    /// Who the expert is; none when there is no such expert or the person was forgotten.
    async fn persona(&self, codigo: &CodigoExperto) -> Result<Option<Persona>, ErrorRepositorio>;

    /// Adds or changes clouds. Places that a service holds are never taken away: the answers tell how many stay.
    async fn poner_nubes(&self, nubes: &[ConCupos<Nube>]) -> Result<Vec<Ocupacion>, ErrorRepositorio>;
    async fn poner_datasets(&self, datasets: &[Dataset]) -> Result<(), ErrorRepositorio>;
    /// Like [`Self::poner_nubes`]; the person is encrypted with a new key.
    async fn poner_expertos(&self, expertos: &[ConCupos<Experto>]) -> Result<Vec<Ocupacion>, ErrorRepositorio>;
    /// Destroys the key of the person and takes away the free places; false when there is no such expert.
    async fn olvidar(&self, codigo: &CodigoExperto) -> Result<bool, ErrorRepositorio>;

    /// Adds what is not there yet and leaves alone what is.
    async fn sembrar(&self, semilla: &Semilla) -> Result<(), ErrorRepositorio>;
}

/// Something with the places it should have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConCupos<T> {
    pub de: T,
    pub cupos: Cupos,
}

/// The catalogue of a new installation.
#[derive(Clone, Debug, Default)]
pub struct Semilla {
    pub nubes: Vec<ConCupos<Nube>>,
    pub datasets: Vec<Dataset>,
    pub expertos: Vec<ConCupos<Experto>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FichaNube {
    pub nube: Nube,
    pub ocupacion: Ocupacion,
}

/// An expert as everybody may see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FichaExperto {
    pub codigo: CodigoExperto,
    pub especialidades: BTreeSet<Especialidad>,
    pub ocupacion: Ocupacion,
}

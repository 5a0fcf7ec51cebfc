//! What the service needs from outside the process.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::error::Error;

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use crate::dominio::{
    Aplazamiento, ClaveCliente, CodigoCliente, CodigoRechazo, Direccion, Hecho, IdNotificacion, IdSuscripcion,
    Inquilino, NombrePlantilla, Notificacion, Origen, Rechazo, Resultado, Solicitud,
};

/// The end of a stream: what a writer must have seen to append to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Marca {
    pub version: u32,
    /// Digest of the last event, to which the next one is chained.
    pub cabeza: [u8; 32],
}

impl Marca {
    pub const INICIO: Self = Self { version: 0, cabeza: [0; 32] };
}

/// A notification and the version at which it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Versionada {
    pub id: IdNotificacion,
    pub marca: Marca,
    pub notificacion: Notificacion,
}

impl Versionada {
    pub fn inexistente(id: IdNotificacion) -> Self {
        Self { id, marca: Marca::INICIO, notificacion: Notificacion::Inexistente }
    }
}

/// Facts to append after `previa`, at least one; `notificacion` is the state with them.
#[derive(Clone, Debug)]
pub struct Cambio {
    pub id: IdNotificacion,
    pub previa: Marca,
    pub hechos: Vec<Hecho>,
    pub notificacion: Notificacion,
    pub instante: DateTime<Utc>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guardado {
    Escrito(Marca),
    /// Somebody else appended first.
    Conflicto,
}

/// An answer to a command that appends nothing: a repeated one, or one that nobody can carry out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Respuesta {
    pub origen: Origen,
    pub inquilino: Inquilino,
    pub id_suscripcion: Option<IdSuscripcion>,
    /// What the command said, as far as it could be read.
    pub id_notificacion: Option<IdNotificacion>,
    pub codigo_cliente: Option<CodigoCliente>,
    pub plantilla: Option<NombrePlantilla>,
    pub resultado: Resultado,
    pub instante: DateTime<Utc>,
}

impl Respuesta {
    pub fn a_solicitud(solicitud: Solicitud, resultado: Resultado) -> Self {
        Self {
            origen: solicitud.origen,
            inquilino: solicitud.inquilino,
            id_suscripcion: solicitud.id_suscripcion,
            id_notificacion: Some(solicitud.id),
            codigo_cliente: Some(solicitud.codigo_cliente),
            plantilla: Some(solicitud.plantilla),
            resultado,
            instante: solicitud.instante,
        }
    }
}

/// Why the store did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum ErrorAlmacen {
    /// Nothing is wrong with the request: repeat it later.
    #[error("the event store is not available")]
    NoDisponible(#[source] Box<dyn Error + Send + Sync>),
    /// The same request fails again.
    #[error("the event store refuses the data")]
    Datos(#[source] Box<dyn Error + Send + Sync>),
}

/// The event store: append-only streams, one per notification.
#[async_trait]
pub trait AlmacenNotificaciones: Send + Sync {
    /// The fold of each stream, in the order of `ids`; `Inexistente` for an empty one.
    async fn obtener(&self, ids: &[IdNotificacion]) -> Result<Vec<Versionada>, ErrorAlmacen>;

    /// Appends, with the projection, the outbox messages and the effects of the origin commands: all or nothing
    /// but for the conflicts. One answer per change, in order. At most one change per stream.
    async fn guardar(&self, cambios: Vec<Cambio>) -> Result<Vec<Guardado>, ErrorAlmacen>;

    /// Sends replies, and stores as effects those whose command has none.
    async fn responder(&self, respuestas: Vec<Respuesta>) -> Result<(), ErrorAlmacen>;
}

/// Hands out notifications whose next attempt is due.
#[async_trait]
pub trait TurnosDeEnvio: Send + Sync {
    /// Takes up to `limite` due notifications; no other instance gets them until the turn expires.
    async fn tomar(&self, limite: u32) -> Result<Vec<Versionada>, ErrorAlmacen>;

    /// Begins the turns of notifications again for whoever has them; answers those that still wait to be sent.
    async fn renovar(&self, lote: Vec<Versionada>) -> Result<Vec<Versionada>, ErrorAlmacen>;
}

/// Who a client is, and where to write. Personal data: it is not stored.
#[derive(Clone, PartialEq, Eq)]
pub struct Contacto {
    pub nombres: String,
    pub apellidos: String,
    pub email: String,
}

/// The owner of the contacts did not answer; the mails wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the contacts are not available")]
pub struct ContactosNoDisponibles;

#[async_trait]
pub trait Contactos: Send + Sync {
    /// The contact of each client; one that is missing in the answer does not exist.
    async fn buscar(
        &self,
        clientes: BTreeSet<ClaveCliente>,
    ) -> Result<HashMap<ClaveCliente, Contacto>, ContactosNoDisponibles>;
}

/// What a template makes of a notification.
#[derive(Clone, PartialEq, Eq)]
pub struct Contenido {
    pub asunto: String,
    pub texto: String,
    pub html: String,
}

/// What a template may mention.
pub struct Variables<'a> {
    pub contacto: &'a Contacto,
    pub codigo_cliente: &'a CodigoCliente,
    pub id_suscripcion: Option<IdSuscripcion>,
    pub datos: &'a BTreeMap<String, String>,
}

/// The templates, which are data.
pub trait Plantillas: Send + Sync {
    /// `PlantillaDesconocida` or `PlantillaInvalida`.
    fn redactar(&self, plantilla: &NombrePlantilla, variables: &Variables<'_>) -> Result<Contenido, CodigoRechazo>;
}

/// A mail ready to leave. The same notification always makes the same mail, so a repeated one can be recognised.
#[derive(Clone)]
pub struct Carta {
    pub id: IdNotificacion,
    pub destinatario: Direccion,
    pub contenido: Contenido,
    pub fecha: DateTime<Utc>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Acuse {
    Aceptada,
    Rechazada(Rechazo),
    /// Not accepted, or nobody knows: send it again.
    Aplazada(Aplazamiento),
}

#[async_trait]
pub trait Correo: Send + Sync {
    /// Sends the mails, several at a time, within a bounded time. One answer per mail, in order.
    async fn enviar(&self, cartas: Vec<Carta>) -> Vec<Acuse>;
}

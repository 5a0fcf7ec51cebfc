//! What may be asked about notifications: the port and its answers.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::puertos::ErrorAlmacen;
use crate::dominio::{CodigoCliente, Estado, Hecho, IdNotificacion, IdSuscripcion, Inquilino};

/// A notification as lists show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ficha {
    pub id: IdNotificacion,
    pub version: u32,
    pub estado: Estado,
    pub intentos: u32,
    pub id_suscripcion: Option<IdSuscripcion>,
    pub codigo_cliente: String,
    pub plantilla: String,
    pub inquilino: String,
    pub origen: Uuid,
    pub correlacion: Option<Uuid>,
    pub destinatario: Option<String>,
    pub motivo: Option<String>,
    pub proximo_intento: Option<DateTime<Utc>>,
    pub creada: DateTime<Utc>,
    pub actualizada: DateTime<Utc>,
}

/// An event of a stream, as it was stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventoGuardado {
    pub version: u32,
    pub hecho: Hecho,
    pub instante: DateTime<Utc>,
    pub huella: [u8; 32],
}

/// A notification with its whole stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Historia {
    pub ficha: Ficha,
    pub eventos: Vec<EventoGuardado>,
    /// Whether every digest follows from the one before it.
    pub cadena_integra: bool,
}

/// Which notifications a list holds, newest first.
#[derive(Clone, Debug, Default)]
pub struct Filtro {
    pub id_suscripcion: Option<IdSuscripcion>,
    pub codigo_cliente: Option<CodigoCliente>,
    pub estado: Option<Estado>,
    /// Only what belongs to this tenant.
    pub inquilino: Option<Inquilino>,
    /// The list goes on behind this one.
    pub despues_de: Option<IdNotificacion>,
}

/// How far a command got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Avance {
    EnCurso,
    Hecho,
    Rechazado,
}

/// What became of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operacion {
    pub avance: Avance,
    /// Identity of the request that the command came from.
    pub huella: Option<String>,
    pub id_notificacion: Option<Uuid>,
    pub id_suscripcion: Option<Uuid>,
    pub codigo: Option<String>,
}

#[async_trait]
pub trait ConsultasNotificaciones: Send + Sync {
    async fn listar(&self, filtro: &Filtro, limite: u32) -> Result<Vec<Ficha>, ErrorAlmacen>;
    /// `None` also for one of another tenant than the one named.
    async fn historia(
        &self,
        id: IdNotificacion,
        inquilino: Option<&Inquilino>,
    ) -> Result<Option<Historia>, ErrorAlmacen>;
    /// Every notification of the subscriptions.
    async fn libro(&self, suscripciones: &[IdSuscripcion]) -> Result<Vec<Ficha>, ErrorAlmacen>;
    /// `None` for a command that has not arrived.
    async fn operacion(&self, comando: Uuid) -> Result<Option<Operacion>, ErrorAlmacen>;
}

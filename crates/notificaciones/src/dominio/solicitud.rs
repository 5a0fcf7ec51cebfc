use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{ClaveCliente, CodigoCliente, Datos, IdNotificacion, IdSuscripcion, Inquilino, NombrePlantilla};

/// How the process of a subscription ended. Each outcome is told once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Desenlace {
    Activa,
    Completada,
    Rechazada,
    Cancelada,
}

impl Desenlace {
    const TODOS: [Self; 4] = [Self::Activa, Self::Completada, Self::Rechazada, Self::Cancelada];

    /// The part of the notification's id that names the outcome.
    pub fn como_texto(self) -> &'static str {
        match self {
            Self::Activa => "activa",
            Self::Completada => "completada",
            Self::Rechazada => "rechazada",
            Self::Cancelada => "cancelada",
        }
    }

    /// The template that tells this outcome.
    pub fn plantilla(self) -> &'static str {
        match self {
            Self::Activa => "suscripcion_activa",
            Self::Completada => "suscripcion_completada",
            Self::Rechazada => "suscripcion_rechazada",
            Self::Cancelada => "suscripcion_cancelada",
        }
    }

    /// The outcome that a template tells; `None` for templates that may be sent more than once.
    pub fn de_plantilla(plantilla: &str) -> Option<Self> {
        Self::TODOS.into_iter().find(|desenlace| desenlace.plantilla() == plantilla)
    }
}

/// Whether somebody waits for the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClaseOrigen {
    /// A command: its sender gets a reply.
    Orden,
    /// A fact that happened elsewhere.
    Suceso,
}

/// The message that asked for a notification, as much of it as the replies carry back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origen {
    pub id: Uuid,
    pub clase: ClaseOrigen,
    /// The saga.
    pub correlacion: Option<Uuid>,
    /// W3C `traceparent`.
    pub traza: Option<String>,
    /// SHA-256 of the canonical request that the command came from.
    pub huella: Option<String>,
}

/// What somebody wants a client to be told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Solicitud {
    pub id: IdNotificacion,
    /// Absent when it is not about a subscription.
    pub id_suscripcion: Option<IdSuscripcion>,
    pub codigo_cliente: CodigoCliente,
    pub plantilla: NombrePlantilla,
    pub datos: Datos,
    pub inquilino: Inquilino,
    pub origen: Origen,
    pub instante: DateTime<Utc>,
}

impl Solicitud {
    /// The client to be told.
    pub fn cliente(&self) -> ClaveCliente {
        ClaveCliente { inquilino: self.inquilino.clone(), codigo: self.codigo_cliente.clone() }
    }
}

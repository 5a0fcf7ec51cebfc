use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{DireccionEnmascarada, Solicitud};

/// A fact of a notification, as the event store keeps it for ever.
///
/// Released forms are never changed: a new need is a new variant or an optional field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "tipo", content = "datos")]
pub enum Hecho {
    Creada(Box<Solicitud>),
    /// An attempt that says nothing about the next one.
    IntentoFallido {
        intento: u32,
        aplazamiento: Aplazamiento,
        proximo_intento: DateTime<Utc>,
    },
    /// The channel took it.
    Enviada {
        intento: u32,
        destinatario: DireccionEnmascarada,
    },
    Confirmada {},
    /// It can never be delivered.
    Fallida {
        intento: u32,
        rechazo: Rechazo,
        destinatario: Option<DireccionEnmascarada>,
    },
}

/// Why an attempt has to be repeated, and what the channel answered, if it did (for mail the SMTP reply code).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Aplazamiento {
    pub codigo: CodigoAplazamiento,
    pub codigo_canal: Option<u16>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CodigoAplazamiento {
    ContactosNoDisponibles,
    CanalNoDisponible,
    CanalAplaza,
}

impl CodigoAplazamiento {
    pub fn como_texto(self) -> &'static str {
        match self {
            Self::ContactosNoDisponibles => "contactos_no_disponibles",
            Self::CanalNoDisponible => "canal_no_disponible",
            Self::CanalAplaza => "canal_aplaza",
        }
    }
}

/// Why a notification can never be delivered, and what the channel answered, if it did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rechazo {
    pub codigo: CodigoRechazo,
    pub codigo_canal: Option<u16>,
}

impl From<CodigoRechazo> for Rechazo {
    fn from(codigo: CodigoRechazo) -> Self {
        Self { codigo, codigo_canal: None }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CodigoRechazo {
    DatosIncompletos,
    DatosInvalidos,
    ClienteDesconocido,
    PlantillaDesconocida,
    /// The template needs data that the request did not bring, or is itself wrong.
    PlantillaInvalida,
    DireccionInvalida,
    DireccionRechazada,
}

impl CodigoRechazo {
    pub fn como_texto(self) -> &'static str {
        match self {
            Self::DatosIncompletos => "datos_incompletos",
            Self::DatosInvalidos => "datos_invalidos",
            Self::ClienteDesconocido => "cliente_desconocido",
            Self::PlantillaDesconocida => "plantilla_desconocida",
            Self::PlantillaInvalida => "plantilla_invalida",
            Self::DireccionInvalida => "direccion_invalida",
            Self::DireccionRechazada => "direccion_rechazada",
        }
    }
}

use super::CodigoDataset;
use serde::{Deserialize, Serialize};

/// A collection of anonymised images that data services give access to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dataset {
    pub codigo: CodigoDataset,
    pub nombre: String,
    pub disponibilidad: Disponibilidad,
}

/// Whether services on a data set may start. Those that run already keep running.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Disponibilidad {
    Disponible,
    Retirado,
}

/// A word that says nothing about a data set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("debe ser disponible o retirado")]
pub struct DisponibilidadDesconocida;

impl TryFrom<&str> for Disponibilidad {
    type Error = DisponibilidadDesconocida;

    fn try_from(nombre: &str) -> Result<Self, DisponibilidadDesconocida> {
        match nombre {
            "disponible" => Ok(Self::Disponible),
            "retirado" => Ok(Self::Retirado),
            _ => Err(DisponibilidadDesconocida),
        }
    }
}

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::Codigo;

/// What a step's reply leaves for later payloads: name -> code.
pub type Salida = BTreeMap<String, Codigo>;

/// Which of a step's two commands: the one that does it or the one that undoes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direccion {
    Hacer,
    Deshacer,
}

impl Direccion {
    /// The name that goes into the command's derived id.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Hacer => "hacer",
            Self::Deshacer => "deshacer",
        }
    }
}

impl std::fmt::Display for Direccion {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Whether a message type answers a command with success or with a business failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TipoRespuesta {
    Exito,
    Fallo,
}

/// A definitive answer. Silence and technical errors are no answer: they reach the engine as a
/// deadline that passes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Desenlace {
    Exito { salida: Salida },
    Fallo { codigo: Codigo },
}

/// What can happen to a saga.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Evento {
    /// The initial step ran in the transaction that creates the saga, with this result.
    Iniciada {
        desenlace: Desenlace,
    },
    Respuesta {
        paso: String,
        direccion: Direccion,
        desenlace: Desenlace,
    },
    /// The deadline of the step's outstanding command has passed.
    PlazoVencido {
        paso: String,
    },
}

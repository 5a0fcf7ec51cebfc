use super::{CodigoExperto, Especialidad};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fmt;

/// A person who accompanies data services in one or more specialties.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Experto {
    codigo: CodigoExperto,
    especialidades: BTreeSet<Especialidad>,
    persona: Persona,
}

/// An expert without a specialty could never be assigned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("debe tener al menos una especialidad")]
pub struct SinEspecialidad;

impl Experto {
    pub fn nuevo(
        codigo: CodigoExperto,
        especialidades: BTreeSet<Especialidad>,
        persona: Persona,
    ) -> Result<Self, SinEspecialidad> {
        if especialidades.is_empty() {
            return Err(SinEspecialidad);
        }
        Ok(Self { codigo, especialidades, persona })
    }

    pub fn codigo(&self) -> &CodigoExperto {
        &self.codigo
    }

    pub fn especialidades(&self) -> &BTreeSet<Especialidad> {
        &self.especialidades
    }

    pub fn persona(&self) -> &Persona {
        &self.persona
    }
}

/// Who an expert is. Personal data: stored encrypted, never logged, never sent.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Persona {
    pub nombres: String,
    pub apellidos: String,
    pub usuario: String,
    pub cedula: String,
    pub email: String,
}

impl fmt::Debug for Persona {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Persona")
    }
}

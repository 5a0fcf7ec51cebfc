use super::puertos::Operaciones;
use crate::dominio::{Contexto, Huella, IdOperacion, Repetibilidad};
use std::sync::Arc;

/// What is known of a request before it is executed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Previa {
    Nueva,
    /// The same request was accepted before.
    Repetida,
}

/// The idempotency key already belongs to a different request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the idempotency key was used for another request")]
pub struct ClaveReutilizada;

/// Recognises the repetition of a request by asking the service that executed the first one.
pub struct BuscarRepetida {
    operaciones: Arc<dyn Operaciones>,
}

impl BuscarRepetida {
    pub fn nuevo(operaciones: Arc<dyn Operaciones>) -> Self {
        Self { operaciones }
    }

    /// An owner that does not answer counts as one that knows nothing: the effect, keyed by the
    /// same id, decides in the end.
    pub async fn ejecutar(
        &self,
        operacion: &IdOperacion,
        repetibilidad: Repetibilidad,
        huella: &Huella,
        contexto: &Contexto,
    ) -> Result<Previa, ClaveReutilizada> {
        if repetibilidad == Repetibilidad::Unica {
            return Ok(Previa::Nueva);
        }
        let Ok(Some(conocida)) = self.operaciones.buscar(operacion, contexto).await else {
            return Ok(Previa::Nueva);
        };
        match conocida.huella {
            Some(anterior) if anterior != *huella => Err(ClaveReutilizada),
            Some(_) | None => Ok(Previa::Repetida),
        }
    }
}

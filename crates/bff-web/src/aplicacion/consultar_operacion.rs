use super::puertos::{ErrorParte, Operaciones};
use crate::dominio::{Contexto, IdOperacion, OperacionConocida};
use std::sync::Arc;

/// How far an operation has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seguimiento {
    /// Accepted, and not yet seen by the service that will execute it.
    Aceptada,
    Conocida(OperacionConocida),
}

/// Tells how far an accepted operation has come, in the words of the service that executes it.
pub struct ConsultarOperacion {
    operaciones: Arc<dyn Operaciones>,
}

impl ConsultarOperacion {
    pub fn nuevo(operaciones: Arc<dyn Operaciones>) -> Self {
        Self { operaciones }
    }

    pub async fn ejecutar(&self, operacion: &IdOperacion, contexto: &Contexto) -> Result<Seguimiento, ErrorParte> {
        let conocida = self.operaciones.buscar(operacion, contexto).await?;
        Ok(conocida.map_or(Seguimiento::Aceptada, Seguimiento::Conocida))
    }
}

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use saga::modelo::{Cotas, Resultado};
use saga::{Definicion, EstadoSaga};

use super::{Definiciones, ErrorDefinicion};
use crate::aplicacion::puertos::DefinicionGuardada;

/// What an exhaustive check covered, what it took, and what it found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comprobacion {
    pub cotas: Cotas,
    /// It gives up after that.
    pub plazo: Duration,
    pub duracion: Duration,
    pub resultado: Resultado,
}

/// A definition that breaks no rule and cannot end badly.
#[derive(Debug, Clone, PartialEq)]
pub struct Comprobada {
    pub guardada: DefinicionGuardada,
    pub comprobacion: Comprobacion,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum ErrorComprobacion {
    #[error("other checks are under way")]
    Ocupado,
    #[error("the check ended badly")]
    Fallida(#[source] Box<dyn Error + Send + Sync>),
}

/// Walks every run of a definition, aside from everything else, and within limits of time and memory.
#[async_trait]
pub trait Comprobador: Send + Sync {
    async fn comprobar(&self, definicion: &Arc<Definicion>) -> Result<Comprobacion, ErrorComprobacion>;

    /// The same of the runs that a live saga can still have.
    async fn comprobar_desde(
        &self,
        definicion: &Arc<Definicion>,
        estado: EstadoSaga,
    ) -> Result<Comprobacion, ErrorComprobacion>;
}

impl Definiciones {
    /// The check, if no run ends badly; else the one that does.
    pub(super) async fn exigir_finales(&self, definicion: &Arc<Definicion>) -> Result<Comprobacion, ErrorDefinicion> {
        let comprobacion = self.comprobador.comprobar(definicion).await?;
        match &comprobacion.resultado {
            Resultado { contraejemplo: Some(_), .. } => Err(ErrorDefinicion::AcabaMal(Box::new(comprobacion))),
            Resultado { completo: false, .. } => Err(ErrorDefinicion::NoCabe(Box::new(comprobacion))),
            _ => Ok(comprobacion),
        }
    }
}

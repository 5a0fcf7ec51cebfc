use super::puertos::Planes;
use crate::dominio::{CodigoPlan, Contexto};
use std::sync::Arc;

/// No plan of the catalogue has this code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the plan is not in the catalogue")]
pub struct PlanDesconocido;

/// Checks a plan's code against the catalogue before anything is published.
pub struct VerificarPlan {
    planes: Arc<dyn Planes>,
}

impl VerificarPlan {
    pub fn nuevo(planes: Arc<dyn Planes>) -> Self {
        Self { planes }
    }

    /// While the catalogue cannot be read every plan passes: who consumes the command checks again.
    pub async fn ejecutar(&self, plan: &CodigoPlan, contexto: &Contexto) -> Result<(), PlanDesconocido> {
        match self.planes.vigente(contexto).await {
            Ok(catalogo) if !catalogo.conoce(plan) => {}
            Ok(_) | Err(_) => return Ok(()),
        }
        match self.planes.actualizado(contexto).await {
            Ok(catalogo) if !catalogo.conoce(plan) => Err(PlanDesconocido),
            Ok(_) | Err(_) => Ok(()),
        }
    }
}

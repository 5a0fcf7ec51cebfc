use super::buscar_repetida::{BuscarRepetida, ClaveReutilizada, Previa};
use super::puertos::{ErrorMensajero, Mensajero, Orden};
use super::verificar_plan::{PlanDesconocido, VerificarPlan};
use std::sync::Arc;

/// How a command came to be accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aceptacion {
    Publicada,
    /// An earlier request with the same key had it accepted; nothing was published now.
    Repetida,
}

#[derive(Debug, thiserror::Error)]
pub enum ErrorAceptar {
    #[error(transparent)]
    Clave(#[from] ClaveReutilizada),
    #[error(transparent)]
    Plan(#[from] PlanDesconocido),
    #[error(transparent)]
    Mensajero(#[from] ErrorMensajero),
}

/// Accepts a command: from here on it is kept, even if every service is down.
pub struct AceptarComando {
    repetidas: Arc<BuscarRepetida>,
    planes: VerificarPlan,
    mensajero: Arc<dyn Mensajero>,
}

impl AceptarComando {
    pub fn nuevo(repetidas: Arc<BuscarRepetida>, planes: VerificarPlan, mensajero: Arc<dyn Mensajero>) -> Self {
        Self { repetidas, planes, mensajero }
    }

    /// The plan is checked after the repetition: what was accepted once stays accepted, even if
    /// its plan has left the catalogue since.
    pub async fn ejecutar(&self, orden: &Orden) -> Result<Aceptacion, ErrorAceptar> {
        let previa =
            self.repetidas.ejecutar(&orden.operacion(), orden.repetibilidad, &orden.huella, &orden.contexto).await?;
        if previa == Previa::Repetida {
            return Ok(Aceptacion::Repetida);
        }
        if let Some(plan) = orden.comando.plan() {
            self.planes.ejecutar(plan, &orden.contexto).await?;
        }
        self.mensajero.publicar(orden).await?;
        Ok(Aceptacion::Publicada)
    }
}

use std::collections::BTreeSet;
use std::sync::Arc;

use saga::{Definicion, Direccion, Fuente};

use super::fijar_flujo::{CREAR, empieza_con};
use super::puertos::{CatalogoEditable, ErrorRepositorio};
use crate::dominio::{ErrorPlan, Plan};

/// Puts a plan into the catalogue; a product is data.
pub struct GuardarPlan {
    catalogo: Arc<dyn CatalogoEditable>,
}

/// Why a plan does not enter the catalogue.
#[derive(Debug, thiserror::Error)]
pub enum PlanRechazado {
    #[error(transparent)]
    Invalido(#[from] ErrorPlan),
    #[error("no hay una definición de saga activa con clave {0}")]
    FlujoInactivo(String),
    #[error("el flujo {0} no crea suscripciones")]
    FlujoAjeno(String),
    /// Paths of the plan, as the flow names them.
    #[error("su flujo necesita de él: {}", .0.join(", "))]
    Incompleto(Vec<String>),
    #[error(transparent)]
    Repositorio(#[from] ErrorRepositorio),
}

impl GuardarPlan {
    pub fn nuevo(catalogo: Arc<dyn CatalogoEditable>) -> Self {
        Self { catalogo }
    }

    /// Creates or replaces a plan, if its flow is active and the plan has everything that the flow reads from it.
    pub async fn ejecutar(&self, plan: &Plan) -> Result<(), PlanRechazado> {
        plan.comprobar()?;
        if let Some(flujo) = &plan.flujo {
            let inactivo = || PlanRechazado::FlujoInactivo(flujo.clone());
            let definicion = self.catalogo.definicion(flujo).await?.ok_or_else(inactivo)?;
            if !empieza_con(&definicion, CREAR) {
                return Err(PlanRechazado::FlujoAjeno(flujo.clone()));
            }
            let faltan = sin_valor(plan, &definicion);
            if !faltan.is_empty() {
                return Err(PlanRechazado::Incompleto(faltan));
            }
        }
        if self.catalogo.guardar_plan(plan).await? {
            Ok(())
        } else {
            Err(PlanRechazado::FlujoInactivo(plan.flujo.clone().unwrap_or_default()))
        }
    }
}

/// What the flow reads from the plan and the plan does not have.
pub(super) fn sin_valor(plan: &Plan, definicion: &Definicion) -> Vec<String> {
    let ordenes = definicion
        .pasos()
        .iter()
        .flat_map(|paso| [Direccion::Hacer, Direccion::Deshacer].map(|direccion| paso.orden(direccion)))
        .flatten();
    let rutas: BTreeSet<&String> = ordenes
        .flat_map(|orden| orden.carga.values())
        .filter_map(|fuente| if let Fuente::Plan(ruta) = fuente { Some(ruta) } else { None })
        .collect();
    rutas.into_iter().filter(|ruta| plan.valor(ruta).is_none()).cloned().collect()
}

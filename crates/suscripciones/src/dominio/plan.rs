use super::valores::{CodigoPlan, Monto};

/// What the data service of a plan is made of; codes of servicio-datos' catalogue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recursos {
    pub nube_codigo: String,
    pub nube_nombre: String,
    pub nube_tipo: String,
    pub dataset_codigo: String,
    pub dataset_nombre: String,
    pub especialidad: String,
}

/// A plan of the catalogue: data, never code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    pub codigo: CodigoPlan,
    pub nombre: String,
    pub monto: Monto,
    /// ISO 4217.
    pub moneda: String,
    pub en_venta: bool,
    /// Key of the saga definition that provisions it; a plan without one is active at once.
    pub flujo: Option<String>,
    pub recursos: Option<Recursos>,
}

/// Why a plan cannot enter the catalogue.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ErrorPlan {
    #[error("un plan con flujo necesita nube, dataset y especialidad")]
    FlujoSinRecursos,
    #[error("la moneda {0} no es un código ISO 4217")]
    Moneda(String),
}

impl Plan {
    /// Checks what a plan needs to be sold.
    pub fn comprobar(&self) -> Result<(), ErrorPlan> {
        if self.flujo.is_some() && self.recursos.is_none() {
            return Err(ErrorPlan::FlujoSinRecursos);
        }
        if self.moneda.len() != 3 || !self.moneda.bytes().all(|b| b.is_ascii_uppercase()) {
            return Err(ErrorPlan::Moneda(self.moneda.clone()));
        }
        Ok(())
    }
}

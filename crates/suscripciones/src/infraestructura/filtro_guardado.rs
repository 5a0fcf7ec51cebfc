use chrono::{DateTime, Utc};
use saga::Fase;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::aplicacion::FiltroSagas;
use crate::dominio::{CodigoCliente, CodigoPlan, ErrorValor, IdSuscripcion};

/// A filter as a batch keeps it, under the names that requests use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FiltroGuardado {
    fase: Option<Fase>,
    paso: Option<String>,
    codigo_cliente: Option<String>,
    codigo_plan: Option<String>,
    id_suscripcion: Option<Uuid>,
    definicion: Option<String>,
    definicion_version: Option<i32>,
    atascada: Option<bool>,
    pausada: Option<bool>,
    desde: Option<DateTime<Utc>>,
    hasta: Option<DateTime<Utc>>,
}

impl From<&FiltroSagas> for FiltroGuardado {
    fn from(filtro: &FiltroSagas) -> Self {
        let filtro = filtro.clone();
        Self {
            fase: filtro.fase,
            paso: filtro.paso,
            codigo_cliente: filtro.cliente.map(|cliente| cliente.to_string()),
            codigo_plan: filtro.plan.map(|plan| plan.to_string()),
            id_suscripcion: filtro.suscripcion.map(|suscripcion| suscripcion.0),
            definicion: filtro.definicion,
            definicion_version: filtro.definicion_version,
            atascada: filtro.atascada,
            pausada: filtro.pausada,
            desde: filtro.desde,
            hasta: filtro.hasta,
        }
    }
}

impl TryFrom<FiltroGuardado> for FiltroSagas {
    type Error = ErrorValor;

    fn try_from(filtro: FiltroGuardado) -> Result<Self, ErrorValor> {
        let cliente = filtro.codigo_cliente.as_deref().map(CodigoCliente::try_from).transpose()?;
        let plan = filtro.codigo_plan.as_deref().map(CodigoPlan::try_from).transpose()?;
        Ok(Self {
            fase: filtro.fase,
            paso: filtro.paso,
            cliente,
            plan,
            suscripcion: filtro.id_suscripcion.map(IdSuscripcion),
            definicion: filtro.definicion,
            definicion_version: filtro.definicion_version,
            atascada: filtro.atascada,
            pausada: filtro.pausada,
            desde: filtro.desde,
            hasta: filtro.hasta,
        })
    }
}

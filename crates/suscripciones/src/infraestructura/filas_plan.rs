use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::errores::de_datos;
use crate::aplicacion::puertos::ErrorRepositorio;
use crate::dominio::{CodigoPlan, ErrorValor, Monto, Parametro, Plan, Recursos};

/// What the data service of a plan is made of, as its column keeps it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RecursosGuardados {
    nube: NubeGuardada,
    dataset: DatasetGuardado,
    especialidad: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct NubeGuardada {
    codigo: String,
    nombre: String,
    tipo: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct DatasetGuardado {
    codigo: String,
    nombre: String,
}

/// A row of `plan`.
pub struct FilaPlan {
    pub codigo: String,
    pub nombre: String,
    pub monto_centavos: i64,
    pub moneda: String,
    pub en_venta: bool,
    pub flujo: Option<String>,
    pub recursos: Option<Value>,
    pub parametros: Value,
}

impl TryFrom<FilaPlan> for Plan {
    type Error = ErrorRepositorio;

    fn try_from(fila: FilaPlan) -> Result<Self, ErrorRepositorio> {
        let recursos: Option<RecursosGuardados> =
            fila.recursos.map(serde_json::from_value).transpose().map_err(de_datos)?;
        let parametros: BTreeMap<String, String> = serde_json::from_value(fila.parametros).map_err(de_datos)?;
        let parametro = |(nombre, valor): (String, String)| Ok((nombre, Parametro::try_from(valor.as_str())?));
        Ok(Self {
            codigo: CodigoPlan::try_from(fila.codigo.as_str()).map_err(de_datos)?,
            nombre: fila.nombre,
            monto: Monto::de_centavos(fila.monto_centavos).ok_or_else(|| de_datos(ErrorValor::Monto))?,
            moneda: fila.moneda,
            en_venta: fila.en_venta,
            flujo: fila.flujo,
            recursos: recursos.map(Recursos::from),
            parametros: parametros.into_iter().map(parametro).collect::<Result<_, ErrorValor>>().map_err(de_datos)?,
        })
    }
}

/// The column of resources.
pub fn recursos_json(plan: &Plan) -> Result<Option<Value>, ErrorRepositorio> {
    plan.recursos.as_ref().map(RecursosGuardados::from).map(serde_json::to_value).transpose().map_err(de_datos)
}

/// The column of free parameters.
pub fn parametros_json(plan: &Plan) -> Value {
    plan.parametros.iter().map(|(nombre, valor)| (nombre.clone(), Value::from(valor.to_string()))).collect()
}

impl From<&Recursos> for RecursosGuardados {
    fn from(recursos: &Recursos) -> Self {
        let recursos = recursos.clone();
        Self {
            nube: NubeGuardada { codigo: recursos.nube_codigo, nombre: recursos.nube_nombre, tipo: recursos.nube_tipo },
            dataset: DatasetGuardado { codigo: recursos.dataset_codigo, nombre: recursos.dataset_nombre },
            especialidad: recursos.especialidad,
        }
    }
}

impl From<RecursosGuardados> for Recursos {
    fn from(guardados: RecursosGuardados) -> Self {
        Self {
            nube_codigo: guardados.nube.codigo,
            nube_nombre: guardados.nube.nombre,
            nube_tipo: guardados.nube.tipo,
            dataset_codigo: guardados.dataset.codigo,
            dataset_nombre: guardados.dataset.nombre,
            especialidad: guardados.especialidad,
        }
    }
}

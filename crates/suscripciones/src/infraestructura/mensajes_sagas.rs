//! What `saga-log` and `saga-estado` carry: between them, everything that the saga tables hold.

use chrono::{DateTime, Utc};
use contratos::{Cabecera, CabeceraSaga, EstadoSaga, RegistroSaga, Saliente, TransicionSaga};
use serde_json::Value;
use uuid::Uuid;

use super::SERVICIO;
use super::errores::de_datos;
use crate::aplicacion::puertos::ErrorRepositorio;

/// One row of saga_log; with version 1, what the saga's row says beside the fold.
pub struct FilaLog {
    pub tx: String,
    pub saga: Uuid,
    pub version: i64,
    pub instante: DateTime<Utc>,
    pub entrada: Value,
    pub id_suscripcion: Option<Uuid>,
    pub inquilino: Option<String>,
    pub codigo_cliente: Option<String>,
    pub codigo_plan: Option<String>,
    pub definicion: Option<String>,
    pub definicion_version: Option<i32>,
    pub traza: Option<String>,
    pub creada: Option<DateTime<Utc>>,
}

/// A saga's row.
pub struct FilaEstado {
    pub id: Uuid,
    pub id_suscripcion: Uuid,
    pub inquilino: String,
    pub codigo_cliente: String,
    pub codigo_plan: String,
    pub definicion: String,
    pub definicion_version: i32,
    pub traza: Option<String>,
    pub creada: DateTime<Utc>,
    pub version: i64,
    pub fase: String,
    pub estado: Value,
}

/// One message of `saga-log` with those transitions.
pub fn registro(filas: &[FilaLog]) -> Result<Saliente, ErrorRepositorio> {
    let transiciones = filas.iter().map(|fila| TransicionSaga {
        saga: Some(fila.saga.to_string()),
        version: Some(fila.version),
        instante: Some(fila.instante.timestamp_millis()),
        entrada: Some(fila.entrada.to_string()),
        cabecera: fila.definicion.is_some().then(|| fila.cabecera()),
    });
    let datos = RegistroSaga { transiciones: Some(transiciones.collect()) };
    contratos::codificar(&Cabecera::nueva(contratos::id_nuevo(), SERVICIO, contratos::ahora()), &datos)
        .map_err(de_datos)
}

impl FilaLog {
    fn cabecera(&self) -> CabeceraSaga {
        CabeceraSaga {
            id_suscripcion: self.id_suscripcion.map(|id| id.to_string()),
            inquilino: self.inquilino.clone(),
            codigo_cliente: self.codigo_cliente.clone(),
            codigo_plan: self.codigo_plan.clone(),
            definicion: self.definicion.clone(),
            definicion_version: self.definicion_version.map(i64::from),
            traza: self.traza.clone(),
            creada: self.creada.map(|creada| creada.timestamp_millis()),
        }
    }
}

/// The message of `saga-estado` with a saga's row.
pub fn estado(fila: FilaEstado) -> Result<Saliente, ErrorRepositorio> {
    let cabecera = Cabecera {
        asunto: Some(fila.id.to_string()),
        correlacion: Some(fila.id),
        inquilino: Some(fila.inquilino.clone()),
        secuencia: Some(fila.version),
        ..Cabecera::nueva(contratos::id_nuevo(), SERVICIO, contratos::ahora())
    };
    let datos = EstadoSaga {
        id_saga: Some(fila.id.to_string()),
        id_suscripcion: Some(fila.id_suscripcion.to_string()),
        codigo_cliente: Some(fila.codigo_cliente),
        codigo_plan: Some(fila.codigo_plan),
        definicion: Some(fila.definicion),
        definicion_version: Some(i64::from(fila.definicion_version)),
        version: Some(fila.version),
        fase: Some(fila.fase),
        documento: Some(fila.estado.to_string()),
        inquilino: Some(fila.inquilino),
        traza: fila.traza,
        creada: Some(fila.creada.timestamp_millis()),
    };
    contratos::codificar(&cabecera, &datos).map_err(de_datos)
}

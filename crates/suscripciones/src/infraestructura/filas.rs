//! What is written in columns, read back as domain values.

use std::sync::Arc;

use serde_json::Value;
use uuid::Uuid;

use crate::aplicacion::puertos::{ClaveCliente, Saga, Versionada};
use crate::dominio::{
    CodigoCliente, CodigoPlan, ErrorValor, Ficha, IdSaga, IdServicioDatos, IdSuscripcion, Rechazo, Suscripcion,
};

/// A row that does not make sense: names the table and the row, never the content.
#[derive(Debug, thiserror::Error)]
pub enum FilaIncoherente {
    #[error("suscripcion {id}: unreadable code")]
    Codigo {
        id: Uuid,
        #[source]
        causa: ErrorValor,
    },
    #[error("suscripcion {id}: unknown state {estado}")]
    Estado { id: Uuid, estado: String },
    #[error("saga {id}: its definition {clave} v{version} is unknown")]
    Definicion { id: Uuid, clave: String, version: i32 },
    #[error("saga {id}: unreadable state")]
    EstadoSaga {
        id: Uuid,
        #[source]
        causa: serde_json::Error,
    },
}

pub struct FilaVersionada {
    pub id: Uuid,
    pub codigo_cliente: String,
    pub codigo_plan: String,
    pub estado: String,
    pub motivo: Option<String>,
    pub id_serviciodatos: Option<Uuid>,
    pub version: i64,
}

impl TryFrom<FilaVersionada> for (IdSuscripcion, Versionada) {
    type Error = FilaIncoherente;

    fn try_from(fila: FilaVersionada) -> Result<Self, FilaIncoherente> {
        let id = fila.id;
        let codigo = |causa| FilaIncoherente::Codigo { id, causa };
        let ficha = Ficha {
            id: IdSuscripcion(id),
            cliente: CodigoCliente::try_from(fila.codigo_cliente.as_str()).map_err(codigo)?,
            plan: CodigoPlan::try_from(fila.codigo_plan.as_str()).map_err(codigo)?,
            servicio: fila.id_serviciodatos.map(IdServicioDatos),
            razon: None,
            facturas: Vec::new(),
        };
        let suscripcion = match (fila.estado.as_str(), fila.motivo) {
            ("pendiente", razon) => Suscripcion::Pendiente(Ficha { razon, ..ficha }),
            ("activa", razon) => Suscripcion::Activa(Ficha { razon, ..ficha }),
            ("cancelada", Some(motivo)) => Suscripcion::Cancelada { ficha, motivo },
            ("rechazada", Some(codigo)) if let Some(codigo) = Rechazo::de_codigo(&codigo) => {
                Suscripcion::Rechazada { ficha, codigo }
            }
            _ => return Err(FilaIncoherente::Estado { id, estado: fila.estado }),
        };
        Ok((IdSuscripcion(id), Versionada { suscripcion, version: fila.version }))
    }
}

/// The reason column of a subscription: free text of a cancellation or of the operation under way, code of a refusal.
pub fn motivo(suscripcion: &Suscripcion) -> Option<String> {
    match suscripcion {
        Suscripcion::Cancelada { motivo, .. } => Some(motivo.clone()),
        Suscripcion::Rechazada { codigo, .. } => Some(codigo.codigo().to_owned()),
        Suscripcion::Pendiente(ficha) | Suscripcion::Activa(ficha) => ficha.razon.clone(),
        Suscripcion::Inexistente => None,
    }
}

pub struct FilaSagaCompleta {
    pub id: Uuid,
    pub definicion: String,
    pub definicion_version: i32,
    pub id_suscripcion: Uuid,
    pub inquilino: String,
    pub codigo_cliente: String,
    pub codigo_plan: String,
    pub traza: Option<String>,
    pub estado: Value,
}

impl FilaSagaCompleta {
    pub fn leer(self, definicion: Option<Arc<saga::Definicion>>) -> Result<Saga, FilaIncoherente> {
        let id = self.id;
        let codigo = |causa| FilaIncoherente::Codigo { id: self.id_suscripcion, causa };
        let definicion = definicion.ok_or(FilaIncoherente::Definicion {
            id,
            clave: self.definicion,
            version: self.definicion_version,
        })?;
        Ok(Saga {
            id: IdSaga(id),
            definicion,
            suscripcion: IdSuscripcion(self.id_suscripcion),
            cliente: ClaveCliente {
                inquilino: self.inquilino,
                codigo: CodigoCliente::try_from(self.codigo_cliente.as_str()).map_err(codigo)?,
            },
            plan: CodigoPlan::try_from(self.codigo_plan.as_str()).map_err(codigo)?,
            traza: self.traza,
            estado: serde_json::from_value(self.estado).map_err(|causa| FilaIncoherente::EstadoSaga { id, causa })?,
        })
    }
}

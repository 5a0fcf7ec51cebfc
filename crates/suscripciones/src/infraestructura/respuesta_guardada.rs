use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::aplicacion::puertos::{Contenido, Respuesta};
use crate::dominio::{CodigoCliente, CodigoPlan, Estado, Factura, IdSaga, IdSuscripcion, Monto, Rechazo};

/// The answer to a command as its effect keeps it: codes only, under 1 kB.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RespuestaGuardada {
    pub id_suscripcion: Uuid,
    pub codigo_cliente: Option<String>,
    pub codigo_plan: Option<String>,
    pub version: i64,
    #[serde(flatten)]
    pub contenido: ContenidoGuardado,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "resultado", rename_all = "snake_case")]
pub enum ContenidoGuardado {
    Creada { estado: String, id_saga: Option<Uuid> },
    Pagada { factura_numero: String, monto: String, moneda: String, medio_pago: String },
    Cancelada { anterior: String, motivo: String },
    Fallida { codigo: String, estado: String, id_saga: Option<Uuid> },
}

impl From<&Respuesta> for RespuestaGuardada {
    fn from(respuesta: &Respuesta) -> Self {
        let contenido = match &respuesta.contenido {
            Contenido::Creada { estado, saga } => {
                ContenidoGuardado::Creada { estado: estado.nombre().to_owned(), id_saga: saga.map(|id| id.0) }
            }
            Contenido::Pagada { factura } => ContenidoGuardado::Pagada {
                factura_numero: factura.numero.clone(),
                monto: factura.monto.to_string(),
                moneda: factura.moneda.clone(),
                medio_pago: factura.medio_pago.clone(),
            },
            Contenido::Cancelada { anterior, motivo } => {
                ContenidoGuardado::Cancelada { anterior: anterior.nombre().to_owned(), motivo: motivo.clone() }
            }
            Contenido::Fallida { codigo, estado, saga } => ContenidoGuardado::Fallida {
                codigo: codigo.codigo().to_owned(),
                estado: estado.nombre().to_owned(),
                id_saga: saga.map(|id| id.0),
            },
        };
        Self {
            id_suscripcion: respuesta.id.0,
            codigo_cliente: respuesta.cliente.as_ref().map(ToString::to_string),
            codigo_plan: respuesta.plan.as_ref().map(ToString::to_string),
            version: respuesta.version,
            contenido,
        }
    }
}

impl RespuestaGuardada {
    /// The answer again; `None` when the stored value makes no sense.
    pub fn leer(self) -> Option<Respuesta> {
        let cliente = self.codigo_cliente.as_deref().map(CodigoCliente::try_from).transpose();
        let plan = self.codigo_plan.as_deref().map(CodigoPlan::try_from).transpose();
        let (Ok(cliente), Ok(plan)) = (cliente, plan) else { return None };
        let contenido = match self.contenido {
            ContenidoGuardado::Creada { estado, id_saga } => {
                Contenido::Creada { estado: estado_de(&estado)?, saga: id_saga.map(IdSaga) }
            }
            ContenidoGuardado::Pagada { factura_numero, monto, moneda, medio_pago } => {
                let Ok(monto) = Monto::try_from(monto.as_str()) else { return None };
                Contenido::Pagada { factura: Factura { numero: factura_numero, monto, moneda, medio_pago } }
            }
            ContenidoGuardado::Cancelada { anterior, motivo } => {
                Contenido::Cancelada { anterior: estado_de(&anterior)?, motivo }
            }
            ContenidoGuardado::Fallida { codigo, estado, id_saga } => Contenido::Fallida {
                codigo: Rechazo::de_codigo(&codigo)?,
                estado: estado_de(&estado)?,
                saga: id_saga.map(IdSaga),
            },
        };
        Some(Respuesta { id: IdSuscripcion(self.id_suscripcion), cliente, plan, version: self.version, contenido })
    }
}

fn estado_de(nombre: &str) -> Option<Estado> {
    [Estado::Inexistente, Estado::Pendiente, Estado::Activa, Estado::Cancelada, Estado::Rechazada]
        .into_iter()
        .find(|estado| estado.nombre() == nombre)
}

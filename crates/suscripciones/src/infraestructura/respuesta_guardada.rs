use saga::Codigo;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::aplicacion::puertos::{Cargo, Contenido, Estorbo, Iniciada, Respuesta};
use crate::dominio::{
    CodigoCliente, CodigoPlan, ErrorValor, Estado, IdSaga, IdServicioDatos, IdSuscripcion, Monto, Operacion, Pago,
    Rechazo,
};

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
    Creada {
        estado: String,
        id_saga: Option<Uuid>,
    },
    Pagada {
        factura_numero: String,
        monto: String,
        moneda: String,
        medio_pago: String,
    },
    PlanCambiado {
        anterior: String,
        motivo: Option<String>,
        cargo: Option<CargoGuardado>,
        /// Not the saga that the command began, which every other answer calls `id_saga`.
        por_saga: Option<Uuid>,
    },
    Cancelada {
        anterior: String,
        motivo: String,
    },
    Fallida {
        codigo: String,
        estado: String,
        id_saga: Option<Uuid>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        operacion: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        saga_en_curso: Option<Uuid>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        suscripcion_vigente: Option<Uuid>,
    },
    Iniciada {
        operacion: String,
        id_saga: Uuid,
        plan: String,
        anterior: String,
        #[serde(rename = "aprovisionada_por")]
        servicio: Option<Uuid>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cargo: Option<CargoGuardado>,
    },
    Desistida {
        operacion: String,
        codigo: String,
        estado: String,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CargoGuardado {
    numero: String,
    monto: String,
    moneda: String,
    pagado: bool,
}

impl From<&Cargo> for CargoGuardado {
    fn from(cargo: &Cargo) -> Self {
        let Cargo { numero, monto, moneda, pagado } = cargo.clone();
        Self { numero, monto: monto.to_string(), moneda, pagado }
    }
}

impl CargoGuardado {
    fn leer(self) -> Result<Cargo, ErrorValor> {
        let Self { numero, monto, moneda, pagado } = self;
        Ok(Cargo { numero, monto: Monto::try_from(monto.as_str())?, moneda, pagado })
    }
}

impl From<&Respuesta> for RespuestaGuardada {
    fn from(respuesta: &Respuesta) -> Self {
        let contenido = match &respuesta.contenido {
            Contenido::Creada { estado, saga } => {
                ContenidoGuardado::Creada { estado: estado.nombre().to_owned(), id_saga: saga.map(|id| id.0) }
            }
            Contenido::Pagada { pago } => ContenidoGuardado::Pagada {
                factura_numero: pago.numero.clone(),
                monto: pago.monto.to_string(),
                moneda: pago.moneda.clone(),
                medio_pago: pago.medio_pago.clone(),
            },
            Contenido::PlanCambiado { anterior, motivo, cargo, saga } => ContenidoGuardado::PlanCambiado {
                anterior: anterior.to_string(),
                motivo: motivo.clone(),
                cargo: cargo.as_ref().map(CargoGuardado::from),
                por_saga: saga.map(|id| id.0),
            },
            Contenido::Cancelada { anterior, motivo } => {
                ContenidoGuardado::Cancelada { anterior: anterior.nombre().to_owned(), motivo: motivo.clone() }
            }
            Contenido::Fallida { codigo, estado, operacion, saga, estorbo } => ContenidoGuardado::Fallida {
                codigo: codigo.codigo().to_owned(),
                estado: estado.nombre().to_owned(),
                id_saga: saga.map(|id| id.0),
                operacion: operacion.map(|operacion| operacion.nombre().to_owned()),
                saga_en_curso: estorbo.saga.map(|id| id.0),
                suscripcion_vigente: estorbo.suscripcion.map(|id| id.0),
            },
            Contenido::Iniciada(iniciada) => ContenidoGuardado::Iniciada {
                operacion: iniciada.operacion.nombre().to_owned(),
                id_saga: iniciada.saga.0,
                plan: iniciada.plan.to_string(),
                anterior: iniciada.anterior.to_string(),
                servicio: iniciada.servicio.map(|id| id.0),
                cargo: iniciada.cargo.as_ref().map(CargoGuardado::from),
            },
            Contenido::Desistida { operacion, codigo, estado } => ContenidoGuardado::Desistida {
                operacion: operacion.nombre().to_owned(),
                codigo: codigo.to_string(),
                estado: estado.nombre().to_owned(),
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
        let contenido = self.contenido.leer()?;
        Some(Respuesta { id: IdSuscripcion(self.id_suscripcion), cliente, plan, version: self.version, contenido })
    }
}

impl ContenidoGuardado {
    /// The saga that the answer is about: its own, or the one in its way.
    pub fn saga(&self) -> Option<Uuid> {
        match self {
            Self::Creada { id_saga, .. } => *id_saga,
            Self::PlanCambiado { por_saga, .. } => *por_saga,
            Self::Iniciada { id_saga, .. } => Some(*id_saga),
            Self::Fallida { id_saga, saga_en_curso, .. } => id_saga.or(*saga_en_curso),
            Self::Pagada { .. } | Self::Cancelada { .. } | Self::Desistida { .. } => None,
        }
    }

    /// The subscription that has what was asked for.
    pub fn suscripcion_vigente(&self) -> Option<Uuid> {
        match self {
            Self::Fallida { suscripcion_vigente, .. } => *suscripcion_vigente,
            _ => None,
        }
    }

    /// Why it failed, for people.
    pub fn motivo(&self) -> Option<String> {
        match self {
            Self::Fallida { codigo, .. } => Rechazo::de_codigo(codigo).map(|rechazo| rechazo.to_string()),
            _ => None,
        }
    }

    fn leer(self) -> Option<Contenido> {
        Some(match self {
            Self::Creada { estado, id_saga } => {
                Contenido::Creada { estado: estado_de(&estado)?, saga: id_saga.map(IdSaga) }
            }
            Self::Pagada { factura_numero, monto, moneda, medio_pago } => {
                let Ok(monto) = Monto::try_from(monto.as_str()) else { return None };
                Contenido::Pagada { pago: Pago { numero: factura_numero, monto, moneda, medio_pago } }
            }
            Self::PlanCambiado { anterior, motivo, cargo, por_saga } => {
                let leidos = (CodigoPlan::try_from(anterior.as_str()), cargo.map(CargoGuardado::leer).transpose());
                let (Ok(anterior), Ok(cargo)) = leidos else { return None };
                Contenido::PlanCambiado { anterior, motivo, cargo, saga: por_saga.map(IdSaga) }
            }
            Self::Cancelada { anterior, motivo } => Contenido::Cancelada { anterior: estado_de(&anterior)?, motivo },
            Self::Fallida { codigo, estado, id_saga, operacion, saga_en_curso, suscripcion_vigente } => {
                Contenido::Fallida {
                    codigo: Rechazo::de_codigo(&codigo)?,
                    estado: estado_de(&estado)?,
                    operacion: match operacion {
                        Some(nombre) => Some(Operacion::de_nombre(&nombre)?),
                        None => None,
                    },
                    saga: id_saga.map(IdSaga),
                    estorbo: Estorbo {
                        saga: saga_en_curso.map(IdSaga),
                        suscripcion: suscripcion_vigente.map(IdSuscripcion),
                    },
                }
            }
            Self::Iniciada { operacion, id_saga, plan, anterior, servicio, cargo } => {
                let planes = (CodigoPlan::try_from(plan.as_str()), CodigoPlan::try_from(anterior.as_str()));
                let ((Ok(plan), Ok(anterior)), Ok(cargo)) = (planes, cargo.map(CargoGuardado::leer).transpose()) else {
                    return None;
                };
                Contenido::Iniciada(Box::new(Iniciada {
                    operacion: Operacion::de_nombre(&operacion)?,
                    saga: IdSaga(id_saga),
                    plan,
                    anterior,
                    servicio: servicio.map(IdServicioDatos),
                    cargo,
                }))
            }
            Self::Desistida { operacion, codigo, estado } => {
                let Ok(codigo) = Codigo::try_from(codigo) else { return None };
                Contenido::Desistida {
                    operacion: Operacion::de_nombre(&operacion)?,
                    codigo,
                    estado: estado_de(&estado)?,
                }
            }
        })
    }
}

fn estado_de(nombre: &str) -> Option<Estado> {
    [Estado::Inexistente, Estado::Pendiente, Estado::Activa, Estado::Cancelada, Estado::Rechazada]
        .into_iter()
        .find(|estado| estado.nombre() == nombre)
}

//! Messages to domain and back.

use contratos::{
    Cabecera, ComandoCambiarPlanSuscripcion, ComandoCancelarSuscripcion, ComandoCrearSuscripcion,
    ComandoDesistirOperacion, ComandoPagarSuscripcion, ErrorCodec, EventoOperacionIniciada, EventoSuscripcionCancelada,
    EventoSuscripcionCreada, EventoSuscripcionFallida, EventoSuscripcionPagada, EventoSuscripcionPlanModificado,
    Mensaje, Saliente,
};
use mensajeria::Motivo;
use saga::Codigo;
use uuid::Uuid;

use super::SERVICIO;
use crate::aplicacion::Pedido;
use crate::aplicacion::puertos::{Cargo, Contenido, Contexto, Iniciada, Respuesta};
use crate::dominio::{
    CodigoCliente, CodigoPlan, DatosCliente, Estado, INQUILINO_PUBLICO, IdServicioDatos, IdSuscripcion, Monto,
    Operacion, Pago, Rechazo,
};

/// Reasons are for people, but bounded: they travel in events.
const LARGO_MOTIVO: usize = 200;

/// What is said of a code that comes from another service.
const SIN_EXPLICACION: &str = "la operación no pudo completarse y se deshizo";

pub fn contexto(cabecera: &Cabecera) -> Contexto {
    Contexto {
        comando: cabecera.id,
        tipo: cabecera.tipo.clone(),
        correlacion: cabecera.correlacion,
        causa: cabecera.causa,
        traza: cabecera.traza.clone(),
        inquilino: cabecera.inquilino.clone().unwrap_or_else(|| INQUILINO_PUBLICO.to_owned()),
        huella: cabecera.huella.clone(),
        instante: contratos::ahora(),
    }
}

/// A payload that says what the service has to do, or why it cannot.
pub trait APedido: Mensaje {
    fn a_pedido(self) -> Result<Pedido, Motivo>;

    /// The subscription that it names, readable or not as a whole.
    fn suscripcion(&self) -> Option<&str>;
}

/// What to decide about a message: its request, or that it lacks data and a saga waits to hear so.
pub fn pedido<D: APedido>(cabecera: &Cabecera, datos: D) -> Result<Pedido, Motivo> {
    let id = datos.suscripcion().and_then(|texto| Uuid::parse_str(texto).ok());
    match (datos.a_pedido(), id) {
        (Err(_), Some(id)) if cabecera.correlacion.is_some() => Ok(Pedido::Incompleto { id: IdSuscripcion(id) }),
        (pedido, _) => pedido,
    }
}

impl APedido for ComandoCrearSuscripcion {
    fn a_pedido(self) -> Result<Pedido, Motivo> {
        let id = match &self.id_suscripcion {
            Some(texto) => Some(id_suscripcion(Some(texto))?),
            None => None,
        };
        let cliente = CodigoCliente::try_from(texto(&self.cliente_codigo)).map_err(|_| falta("cliente_codigo"))?;
        let plan = CodigoPlan::try_from(texto(&self.plan_codigo)).map_err(|_| falta("plan_codigo"))?;
        let datos = DatosCliente {
            nombres: self.cliente_nombres.ok_or_else(|| falta("cliente_nombres"))?,
            apellidos: self.cliente_apellidos.ok_or_else(|| falta("cliente_apellidos"))?,
            usuario: self.cliente_usuario.ok_or_else(|| falta("cliente_usuario"))?,
            rut: self.cliente_rut.ok_or_else(|| falta("cliente_rut"))?,
            cedula: self.cliente_cedula.ok_or_else(|| falta("cliente_cedula"))?,
            email: self.cliente_email.ok_or_else(|| falta("cliente_email"))?,
        };
        Ok(Pedido::Crear { id, cliente, datos, plan })
    }

    fn suscripcion(&self) -> Option<&str> {
        self.id_suscripcion.as_deref()
    }
}

impl APedido for ComandoPagarSuscripcion {
    fn a_pedido(self) -> Result<Pedido, Motivo> {
        let id = id_suscripcion(self.id_suscripcion.as_deref())?;
        let monto = Monto::try_from(texto(&self.monto)).map_err(|_| falta("monto"))?;
        let pago = Pago {
            numero: self.factura_numero.ok_or_else(|| falta("factura_numero"))?,
            monto,
            moneda: self.moneda.ok_or_else(|| falta("moneda"))?,
            medio_pago: self.medio_pago.ok_or_else(|| falta("medio_pago"))?,
        };
        Ok(Pedido::Pagar { id, pago })
    }

    fn suscripcion(&self) -> Option<&str> {
        self.id_suscripcion.as_deref()
    }
}

impl APedido for ComandoCambiarPlanSuscripcion {
    fn a_pedido(self) -> Result<Pedido, Motivo> {
        let servicio = self.id_serviciodatos.as_deref().map(Uuid::parse_str).transpose();
        Ok(Pedido::CambiarPlan {
            id: id_suscripcion(self.id_suscripcion.as_deref())?,
            plan: CodigoPlan::try_from(texto(&self.plan_codigo)).map_err(|_| falta("plan_codigo"))?,
            motivo: self.motivo.map(acotado),
            servicio: servicio.map_err(|_| falta("id_serviciodatos"))?.map(IdServicioDatos),
            medio_pago: self.medio_pago,
        })
    }

    fn suscripcion(&self) -> Option<&str> {
        self.id_suscripcion.as_deref()
    }
}

impl APedido for ComandoCancelarSuscripcion {
    fn a_pedido(self) -> Result<Pedido, Motivo> {
        let id = id_suscripcion(self.id_suscripcion.as_deref())?;
        let motivo = self.motivo.map(acotado);
        Ok(Pedido::Cancelar { id, motivo })
    }

    fn suscripcion(&self) -> Option<&str> {
        self.id_suscripcion.as_deref()
    }
}

impl APedido for ComandoDesistirOperacion {
    fn a_pedido(self) -> Result<Pedido, Motivo> {
        let id = id_suscripcion(self.id_suscripcion.as_deref())?;
        let operacion = Operacion::de_nombre(texto(&self.operacion)).ok_or_else(|| falta("operacion"))?;
        let codigo = Codigo::try_from(texto(&self.motivo)).map_err(|_| falta("motivo"))?;
        Ok(Pedido::Desistir { id, operacion, codigo })
    }

    fn suscripcion(&self) -> Option<&str> {
        self.id_suscripcion.as_deref()
    }
}

fn acotado(motivo: String) -> String {
    motivo.chars().take(LARGO_MOTIVO).collect()
}

fn texto(campo: &Option<String>) -> &str {
    campo.as_deref().unwrap_or_default()
}

fn id_suscripcion(texto: Option<&str>) -> Result<IdSuscripcion, Motivo> {
    let id = texto.and_then(|texto| Uuid::parse_str(texto).ok());
    id.map(IdSuscripcion).ok_or_else(|| falta("id_suscripcion"))
}

fn falta(campo: &'static str) -> Motivo {
    Motivo { codigo: "datos_incompletos", detalle: format!("{campo} is missing or unreadable") }
}

/// The fact that answers a command. Its id depends only on the command, so a repetition is recognised.
pub fn evento(contexto: &Contexto, respuesta: &Respuesta) -> Result<Saliente, ErrorCodec> {
    let id = Some(respuesta.id.to_string());
    let codigo_cliente = respuesta.cliente.as_ref().map(ToString::to_string);
    let codigo_plan = respuesta.plan.as_ref().map(ToString::to_string);
    match &respuesta.contenido {
        Contenido::Creada { estado, .. } => {
            let estado = Some(estado.nombre().to_owned());
            codificar(
                contexto,
                respuesta,
                &EventoSuscripcionCreada { codigo_cliente, codigo_plan, id_suscripcion: id, estado },
            )
        }
        Contenido::Pagada { pago } => codificar(contexto, respuesta, &pagada(respuesta, pago)),
        Contenido::PlanCambiado { anterior, motivo, cargo, saga } => {
            let datos = EventoSuscripcionPlanModificado {
                codigo_plan_anterior: Some(anterior.to_string()),
                motivo: motivo.clone(),
                id_saga: saga.map(|id| id.to_string()),
                ..plan_modificado(respuesta, cargo.as_ref())
            };
            codificar(contexto, respuesta, &datos)
        }
        Contenido::Cancelada { anterior, motivo } => {
            let datos = EventoSuscripcionCancelada {
                codigo_cliente,
                codigo_plan,
                id_suscripcion: id,
                estado: Some(Estado::Cancelada.nombre().to_owned()),
                estado_anterior: Some(anterior.nombre().to_owned()),
                motivo: Some(motivo.clone()),
            };
            codificar(contexto, respuesta, &datos)
        }
        Contenido::Iniciada(iniciada) => codificar(contexto, respuesta, &operacion_iniciada(respuesta, iniciada)),
        Contenido::Fallida { codigo, estado, operacion, estorbo, .. } => {
            let fallida = fallida(respuesta, codigo.codigo(), codigo.to_string(), *estado);
            let datos = EventoSuscripcionFallida {
                operacion: operacion.map(|operacion| operacion.nombre().to_owned()),
                id_saga: estorbo.saga.map(|id| id.to_string()),
                id_suscripcion_vigente: estorbo.suscripcion.map(|id| id.to_string()),
                ..fallida
            };
            codificar(contexto, respuesta, &datos)
        }
        Contenido::Desistida { operacion, codigo, estado } => {
            let explicacion = Rechazo::de_codigo(codigo.as_str()).map(|rechazo| rechazo.to_string());
            let motivo = explicacion.unwrap_or_else(|| SIN_EXPLICACION.to_owned());
            let fallida = fallida(respuesta, codigo.as_str(), motivo, *estado);
            let datos = EventoSuscripcionFallida { operacion: Some(operacion.nombre().to_owned()), ..fallida };
            codificar(contexto, respuesta, &datos)
        }
    }
}

fn pagada(respuesta: &Respuesta, pago: &Pago) -> EventoSuscripcionPagada {
    EventoSuscripcionPagada {
        codigo_cliente: respuesta.cliente.as_ref().map(ToString::to_string),
        codigo_plan: respuesta.plan.as_ref().map(ToString::to_string),
        id_suscripcion: Some(respuesta.id.to_string()),
        estado: Some(Estado::Activa.nombre().to_owned()),
        factura_numero: Some(pago.numero.clone()),
        monto: Some(pago.monto.to_string()),
        moneda: Some(pago.moneda.clone()),
    }
}

/// The plan that there is now, and what it costs.
fn plan_modificado(respuesta: &Respuesta, cargo: Option<&Cargo>) -> EventoSuscripcionPlanModificado {
    EventoSuscripcionPlanModificado {
        codigo_cliente: respuesta.cliente.as_ref().map(ToString::to_string),
        codigo_plan: respuesta.plan.as_ref().map(ToString::to_string),
        id_suscripcion: Some(respuesta.id.to_string()),
        estado: Some(Estado::Activa.nombre().to_owned()),
        codigo_plan_anterior: None,
        motivo: None,
        factura_numero: cargo.map(|cargo| cargo.numero.clone()),
        factura_estado: cargo.map(|cargo| if cargo.pagado { "pagada" } else { "pendiente" }.to_owned()),
        monto: cargo.map(|cargo| cargo.monto.to_string()),
        moneda: cargo.map(|cargo| cargo.moneda.clone()),
        id_saga: None,
    }
}

/// What every failure tells.
fn fallida(respuesta: &Respuesta, codigo: &str, motivo: String, estado: Estado) -> EventoSuscripcionFallida {
    EventoSuscripcionFallida {
        id_suscripcion: Some(respuesta.id.to_string()),
        motivo: Some(motivo),
        codigo: Some(codigo.to_owned()),
        codigo_cliente: respuesta.cliente.as_ref().map(ToString::to_string),
        codigo_plan: respuesta.plan.as_ref().map(ToString::to_string),
        estado: Some(estado.nombre().to_owned()),
        operacion: None,
        id_saga: None,
        id_suscripcion_vigente: None,
    }
}

fn operacion_iniciada(respuesta: &Respuesta, iniciada: &Iniciada) -> EventoOperacionIniciada {
    EventoOperacionIniciada {
        codigo_cliente: respuesta.cliente.as_ref().map(ToString::to_string),
        codigo_plan: Some(iniciada.plan.to_string()),
        id_suscripcion: Some(respuesta.id.to_string()),
        estado: Some(Estado::Activa.nombre().to_owned()),
        operacion: Some(iniciada.operacion.nombre().to_owned()),
        id_saga: Some(iniciada.saga.to_string()),
        codigo_plan_anterior: Some(iniciada.anterior.to_string()),
        id_serviciodatos: iniciada.servicio.map(|id| id.to_string()),
        factura_numero: iniciada.cargo.as_ref().map(|cargo| cargo.numero.clone()),
        monto: iniciada.cargo.as_ref().map(|cargo| cargo.monto.to_string()),
        moneda: iniciada.cargo.as_ref().map(|cargo| cargo.moneda.clone()),
    }
}

fn codificar<D: Mensaje>(contexto: &Contexto, respuesta: &Respuesta, datos: &D) -> Result<Saliente, ErrorCodec> {
    let id = contratos::id_respuesta(contexto.comando, D::TIPO);
    let saga = match &respuesta.contenido {
        Contenido::Creada { saga, .. } | Contenido::Fallida { saga, .. } => saga.map(|id| id.0),
        Contenido::Iniciada(iniciada) => Some(iniciada.saga.0),
        Contenido::Pagada { .. }
        | Contenido::PlanCambiado { .. }
        | Contenido::Cancelada { .. }
        | Contenido::Desistida { .. } => None,
    };
    let cabecera = Cabecera {
        asunto: Some(respuesta.id.to_string()),
        correlacion: contexto.correlacion.or(saga),
        causa: Some(contexto.comando),
        traza: contexto.traza.clone(),
        inquilino: Some(contexto.inquilino.clone()),
        secuencia: Some(respuesta.version),
        ..Cabecera::nueva(id, SERVICIO, contexto.instante)
    };
    contratos::codificar(&cabecera, datos)
}

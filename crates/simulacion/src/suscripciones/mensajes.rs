use chrono::{DateTime, Utc};
use saga::Codigo;
use serde_json::json;
use suscripciones::aplicacion::Pedido;
use suscripciones::aplicacion::puertos::{Contenido, Contexto, Respuesta};
use suscripciones::dominio::{
    CodigoCliente, CodigoPlan, DatosCliente, IdServicioDatos, IdSuscripcion, Monto, Operacion, Pago,
};

use super::INQUILINO;
use crate::tuberia::Mensaje;

/// The commands on subscriptions, and what they become.
pub fn orden(mensaje: &Mensaje, ahora: DateTime<Utc>) -> Option<(Contexto, Pedido)> {
    let id = mensaje.uuid("id_suscripcion").map(IdSuscripcion);
    let pedido = match &*mensaje.tipo {
        "ComandoCrearSuscripcion" => Pedido::Crear {
            id,
            cliente: CodigoCliente::try_from(mensaje.texto("cliente_codigo")?).ok()?,
            datos: sin_nombre(),
            plan: CodigoPlan::try_from(mensaje.texto("plan_codigo")?).ok()?,
        },
        "ComandoPagarSuscripcion" => Pedido::Pagar {
            id: id?,
            pago: Pago {
                numero: mensaje.texto("factura_numero")?.to_owned(),
                monto: Monto::try_from(mensaje.texto("monto")?).ok()?,
                moneda: mensaje.texto("moneda")?.to_owned(),
                medio_pago: mensaje.texto("medio_pago")?.to_owned(),
            },
        },
        "ComandoCambiarPlanSuscripcion" => Pedido::CambiarPlan {
            id: id?,
            plan: CodigoPlan::try_from(mensaje.texto("plan_codigo")?).ok()?,
            motivo: mensaje.texto("motivo").map(str::to_owned),
            servicio: mensaje.uuid("id_serviciodatos").map(IdServicioDatos),
            medio_pago: mensaje.texto("medio_pago").map(str::to_owned),
        },
        "ComandoDesistirOperacion" => Pedido::Desistir {
            id: id?,
            operacion: Operacion::de_nombre(mensaje.texto("operacion")?)?,
            codigo: Codigo::try_from(mensaje.texto("motivo")?).ok()?,
        },
        "ComandoCancelarSuscripcion" => {
            Pedido::Cancelar { id: id?, motivo: mensaje.texto("motivo").map(str::to_owned) }
        }
        _ => return None,
    };
    Some((contexto(mensaje, ahora), pedido))
}

fn contexto(mensaje: &Mensaje, ahora: DateTime<Utc>) -> Contexto {
    Contexto {
        comando: mensaje.id,
        tipo: mensaje.tipo.to_string(),
        correlacion: mensaje.correlacion,
        causa: mensaje.causa,
        traza: None,
        inquilino: INQUILINO.to_owned(),
        huella: None,
        instante: ahora,
    }
}

fn sin_nombre() -> DatosCliente {
    let nada = String::new;
    DatosCliente { nombres: nada(), apellidos: nada(), usuario: nada(), rut: nada(), cedula: nada(), email: nada() }
}

/// The fact that answers a command.
pub fn evento(contexto: &Contexto, respuesta: &Respuesta) -> Mensaje {
    let id = respuesta.id.to_string();
    let cliente = respuesta.cliente.as_ref().map(|codigo| codigo.as_ref().to_owned());
    let plan = respuesta.plan.as_ref().map(|codigo| codigo.as_ref().to_owned());
    let comunes = json!({ "id_suscripcion": id, "codigo_cliente": cliente, "codigo_plan": plan });
    let (tipo, propios, saga) = match &respuesta.contenido {
        Contenido::Creada { estado, saga } => {
            ("EventoSuscripcionCreada", json!({ "estado": estado.nombre() }), saga.map(|id| id.0))
        }
        Contenido::Pagada { pago } => ("EventoSuscripcionPagada", json!({ "factura_numero": pago.numero }), None),
        Contenido::PlanCambiado { anterior, saga, .. } => {
            let propios =
                json!({ "codigo_plan_anterior": anterior.as_ref(), "id_saga": saga.map(|id| id.to_string()) });
            ("EventoSuscripcionPlanModificado", propios, None)
        }
        Contenido::Cancelada { anterior, motivo } => {
            ("EventoSuscripcionCancelada", json!({ "estado_anterior": anterior.nombre(), "motivo": motivo }), None)
        }
        Contenido::Fallida { codigo, estado, saga, operacion, .. } => {
            let operacion = operacion.map(Operacion::nombre);
            let propios = json!({ "codigo": codigo.codigo(), "estado": estado.nombre(), "operacion": operacion });
            ("EventoSuscripcionFallida", propios, saga.map(|id| id.0))
        }
        Contenido::Iniciada(iniciada) => {
            let propios = json!({ "operacion": iniciada.operacion.nombre() });
            ("EventoOperacionIniciada", propios, Some(iniciada.saga.0))
        }
        Contenido::Desistida { operacion, codigo, estado } => {
            let operacion = operacion.nombre();
            let propios = json!({ "codigo": codigo.as_str(), "estado": estado.nombre(), "operacion": operacion });
            ("EventoSuscripcionFallida", propios, None)
        }
    };
    let mut datos = comunes;
    if let (Some(datos), Some(propios)) = (datos.as_object_mut(), propios.as_object()) {
        datos.extend(propios.clone());
    }
    Mensaje::respuesta(contexto.comando, contexto.correlacion.or(saga), tipo, datos)
}

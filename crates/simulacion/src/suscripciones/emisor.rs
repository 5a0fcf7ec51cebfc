use saga::{CampoSaga, Direccion, Fuente, Intencion};
use serde_json::{Value, json};
use suscripciones::aplicacion::puertos::{Avance, Identidades};
use suscripciones::dominio::Plan;

use super::base::Base;
use super::identidades::Derivadas;
use crate::tuberia::Mensaje;

/// The commands that new entries ask for, with their payloads.
pub fn comandos(base: &Base, avances: &[&Avance]) -> Vec<Mensaje> {
    let pedidos = avances.iter().flat_map(|avance| {
        avance.entradas.iter().flat_map(saga::intenciones).map(move |intencion| (*avance, intencion))
    });
    pedidos.filter_map(|(avance, intencion)| comando(base, avance, &intencion)).collect()
}

fn comando(base: &Base, avance: &Avance, Intencion::Enviar { paso, direccion, .. }: &Intencion) -> Option<Mensaje> {
    let saga = &avance.saga;
    let orden = saga.definicion.orden(paso, *direccion)?;
    let plan = base.planes.get(saga.plan.as_ref()).map(plan_json);
    let cliente = json!({ "codigo": saga.cliente.codigo.as_ref() });
    let datos = saga::construir_carga(&orden.carga, &|fuente| match fuente {
        Fuente::Literal(texto) => Some(Value::from(texto.as_str())),
        Fuente::Cliente(ruta) => en_ruta(&cliente, ruta),
        Fuente::Plan(ruta) => en_ruta(plan.as_ref()?, ruta),
        Fuente::Saga(campo) => campo_de_saga(avance, *campo),
        Fuente::Salida { paso, campo } => avance.estado.salida(paso, campo).map(|codigo| Value::from(codigo.as_str())),
    });
    let deshecho = match direccion {
        Direccion::Hacer => None,
        Direccion::Deshacer => Some(Derivadas.comando(saga.id, paso, Direccion::Hacer)),
    };
    Some(Mensaje {
        id: Derivadas.comando(saga.id, paso, *direccion),
        tipo: orden.comando.as_str().into(),
        correlacion: Some(saga.id.0),
        causa: deshecho,
        datos,
    })
}

fn campo_de_saga(avance: &Avance, campo: CampoSaga) -> Option<Value> {
    let saga = &avance.saga;
    match campo {
        CampoSaga::Id => Some(Value::from(saga.id.to_string())),
        CampoSaga::IdSuscripcion => Some(Value::from(saga.suscripcion.to_string())),
        CampoSaga::CodigoCliente => Some(Value::from(saga.cliente.codigo.as_ref())),
        CampoSaga::CodigoPlan => Some(Value::from(saga.plan.as_ref())),
        CampoSaga::Motivo => avance.estado.motivo.as_ref().map(|motivo| Value::from(motivo.codigo.as_str())),
    }
}

fn en_ruta(documento: &Value, ruta: &str) -> Option<Value> {
    ruta.split('.').try_fold(documento, |valor, tramo| valor.get(tramo)).cloned()
}

fn plan_json(plan: &Plan) -> Value {
    let mut valor = json!({
        "codigo": plan.codigo.as_ref(),
        "nombre": plan.nombre,
        "monto": plan.monto.to_string(),
        "moneda": plan.moneda,
    });
    if let Some(recursos) = &plan.recursos {
        valor["nube"] =
            json!({ "codigo": recursos.nube_codigo, "nombre": recursos.nube_nombre, "tipo": recursos.nube_tipo });
        valor["dataset"] = json!({ "codigo": recursos.dataset_codigo, "nombre": recursos.dataset_nombre });
        valor["especialidad"] = Value::from(recursos.especialidad.as_str());
    }
    valor
}

use super::atender_ordenes::Via;
use super::crear_suscripcion::ocupado;
use super::iniciar_saga;
use super::mesa::{Mesa, Peticion, emision, producto};
use super::puertos::{Cambio, CambioNuevo, Contenido, ErrorRepositorio, Estorbo, Iniciada, Producto};
use crate::dominio::{CodigoPlan, Comando, IdServicioDatos, Operacion, Rechazo};

/// Decides a change that a client asks for: at once, or as a saga that first provisions what the plan needs and then
/// releases what the other one had.
pub(super) fn pedir(
    mesa: &Mesa,
    peticion: &Peticion<'_>,
    plan: &CodigoPlan,
    razon: Option<String>,
    via: Via,
) -> Result<Cambio, ErrorRepositorio> {
    let saga = match &via {
        Via::Saga(saga, _) => Some(*saga),
        Via::Inmediata | Via::Ninguna => None,
    };
    let comando = Comando::PedirCambio {
        plan: mesa.planes.get(plan).cloned().map(Box::new),
        condiciones: mesa.condiciones(peticion),
        emision: emision(peticion.contexto, saga),
        razon: razon.clone(),
    };
    let decidido = match mesa.hacer(peticion, comando) {
        Ok(decidido) => decidido,
        Err(codigo) => return Ok(mesa.rechazar(peticion, codigo)),
    };
    let Some(ficha) = decidido.antes.suscripcion.ficha().cloned() else {
        return Ok(mesa.rechazar(peticion, Rechazo::NoExiste));
    };
    let producto = producto(peticion.contexto, &ficha.cliente, plan);
    if let Some((codigo, estorbo)) = ajeno(mesa, peticion, &producto) {
        return Ok(mesa.rechazar_por(peticion, codigo, estorbo));
    }
    let cargo = decidido.cargo();
    let cambio = match via {
        Via::Ninguna => return Ok(mesa.rechazar(peticion, Rechazo::OperacionNoDisponible)),
        Via::Inmediata => {
            let contenido = Contenido::PlanCambiado { anterior: ficha.plan, motivo: razon, cargo, saga: None };
            decidido.con(peticion, contenido)
        }
        Via::Saga(saga, definicion) => {
            let iniciada = Iniciada {
                operacion: Operacion::CambiarPlan,
                saga,
                plan: plan.clone(),
                anterior: ficha.plan,
                servicio: ficha.servicio,
                cargo,
            };
            iniciar_saga::comenzar(peticion, decidido, iniciada, &definicion)?
        }
    };
    Ok(Cambio::Nuevo(Box::new(CambioNuevo { contrata: Some(producto), ..cambio })))
}

/// Somebody else of the same client has the product.
fn ajeno(mesa: &Mesa, peticion: &Peticion<'_>, producto: &Producto) -> Option<(Rechazo, Estorbo)> {
    ocupado(mesa, producto).filter(|(_, estorbo)| estorbo.suscripcion != Some(peticion.id))
}

/// The pivot of a change: the plan is another one from here on, and what it costs is paid, or neither.
///
/// It takes the product again: whoever ends the saga meanwhile gives it back.
pub(super) fn consumar(
    mesa: &Mesa,
    peticion: &Peticion<'_>,
    plan: &CodigoPlan,
    servicio: Option<IdServicioDatos>,
    medio_pago: Option<String>,
) -> Cambio {
    let Some(saga) = mesa.en_curso(peticion.id).filter(|saga| peticion.contexto.correlacion == Some(saga.0)) else {
        return mesa.rechazar(peticion, Rechazo::OperacionTerminada);
    };
    let condiciones = mesa.condiciones(peticion);
    let comando = Comando::ConsumarCambio { plan: plan.clone(), saga, servicio, medio_pago, condiciones };
    let decidido = match mesa.hacer(peticion, comando) {
        Ok(decidido) => decidido,
        Err(codigo) => return mesa.rechazar(peticion, codigo),
    };
    let Some(antes) = decidido.antes.suscripcion.ficha() else {
        return mesa.rechazar(peticion, Rechazo::NoExiste);
    };
    let contrata = Some(producto(peticion.contexto, &antes.cliente, plan));
    let contenido = Contenido::PlanCambiado {
        anterior: antes.plan.clone(),
        motivo: antes.razon.clone(),
        cargo: decidido.cargo(),
        saga: Some(saga),
    };
    Cambio::Nuevo(Box::new(CambioNuevo { contrata, ..decidido.con(peticion, contenido) }))
}

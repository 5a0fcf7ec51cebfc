use std::sync::Arc;

use saga::{Codigo, Definicion, Desenlace, EstadoSaga, Salida};

use super::iniciar_saga::iniciar;
use super::mesa::{Mesa, Peticion, clave_cliente, emision, producto};
use super::puertos::{Cambio, CambioNuevo, Contenido, ErrorRepositorio, Estorbo, Producto, Saga};
use crate::dominio::{
    CodigoCliente, CodigoPlan, Comando, DatosCliente, Estado, Ficha, IdSaga, IdSuscripcion, Rechazo, Suscripcion,
};

/// Decides a creation: the subscription, and the saga whose first step it is when the plan has a flow.
pub(super) fn decidir(
    mesa: &Mesa,
    peticion: &Peticion<'_>,
    (cliente, datos): (&CodigoCliente, &DatosCliente),
    plan: &CodigoPlan,
    flujo: Option<(IdSaga, Arc<Definicion>)>,
) -> Result<Cambio, ErrorRepositorio> {
    let Peticion { contexto, id, .. } = *peticion;
    let clave = clave_cliente(contexto, cliente);
    let comando = Comando::Crear {
        ficha: Ficha {
            id,
            cliente: cliente.clone(),
            plan: plan.clone(),
            servicio: None,
            razon: None,
            facturas: Vec::new(),
        },
        plan: mesa.planes.get(plan).cloned().map(Box::new),
        condiciones: mesa.lectura.condiciones.get(&clave).copied().unwrap_or_default(),
        emision: emision(contexto, flujo.as_ref().map(|(saga, _)| *saga)),
    };
    let decidido = match mesa.hacer(peticion, comando) {
        Ok(decidido) => decidido,
        Err(codigo) => return Ok(mesa.rechazar(peticion, codigo)),
    };
    let suscripcion = decidido.despues.suscripcion.clone();
    let producto = producto(contexto, cliente, plan);
    let vigente = suscripcion.estado().es_vigente();
    if let Some((codigo, estorbo)) = ocupado(mesa, &producto).filter(|_| vigente) {
        return Ok(mesa.rechazar_por(peticion, codigo, estorbo));
    }
    let saga = flujo.map(|(id_saga, definicion)| {
        let saga = Saga {
            id: id_saga,
            definicion,
            suscripcion: id,
            cliente: clave.clone(),
            plan: plan.clone(),
            traza: contexto.traza.clone(),
            estado: EstadoSaga::default(),
        };
        iniciar(saga, desenlace(&suscripcion), peticion)
    });
    let id_saga = saga.as_ref().map(|avance| avance.saga.id);
    let contenido = contenido(&suscripcion, peticion, id_saga);
    Ok(Cambio::Nuevo(Box::new(CambioNuevo {
        cliente: Some((clave, datos.clone())),
        saga,
        contrata: vigente.then_some(producto),
        ..decidido.con(peticion, contenido)
    })))
}

/// Why the client cannot have the product: whoever has it, and the saga that is about it.
pub(super) fn ocupado(mesa: &Mesa, producto: &Producto) -> Option<(Rechazo, Estorbo)> {
    let titular: IdSuscripcion = *mesa.lectura.contrataciones.get(producto)?;
    let estorbo = Estorbo { saga: mesa.en_curso(titular), suscripcion: Some(titular) };
    let codigo = match mesa.actual(titular).suscripcion {
        Suscripcion::Activa(ficha) if ficha.plan == producto.plan => Rechazo::YaSuscrito,
        _ => Rechazo::DuplicadaEnCurso,
    };
    Some((codigo, estorbo))
}

fn contenido(suscripcion: &Suscripcion, peticion: &Peticion<'_>, saga: Option<IdSaga>) -> Contenido {
    match suscripcion {
        Suscripcion::Rechazada { codigo, .. } => Contenido::Fallida {
            codigo: *codigo,
            estado: Estado::Rechazada,
            operacion: peticion.operacion,
            saga,
            estorbo: Estorbo::default(),
        },
        otra => Contenido::Creada { estado: otra.estado(), saga },
    }
}

fn desenlace(suscripcion: &Suscripcion) -> Desenlace {
    match suscripcion {
        Suscripcion::Rechazada { codigo, .. } => Desenlace::Fallo { codigo: codigo_de_saga(*codigo) },
        _ => Desenlace::Exito { salida: Salida::new() },
    }
}

/// Every refusal's code is a saga code; the fallback only keeps the function total.
fn codigo_de_saga(rechazo: Rechazo) -> Codigo {
    Codigo::try_from(rechazo.codigo()).unwrap_or_else(|_| Codigo::sin_codigo())
}

use std::sync::Arc;

use saga::{Codigo, Definicion, Desenlace, EstadoSaga, Salida};

use super::iniciar_saga::iniciar;
use super::mesa::{Mesa, Peticion, clave_cliente, escritura, producto, respuesta, sin_efectos};
use super::puertos::{Cambio, CambioNuevo, Contenido, ErrorRepositorio, Estorbo, Producto, Saga, Versionada};
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
    let actual = mesa.actual(id);
    let ficha = Ficha { id, cliente: cliente.clone(), plan: plan.clone(), aprovisionada_por: None, razon: None };
    let clave = clave_cliente(contexto, cliente);
    let condiciones = mesa.lectura.condiciones.get(&clave).copied().unwrap_or_default();
    let comando =
        Comando::Crear { ficha: ficha.clone(), plan: mesa.planes.get(plan).cloned().map(Box::new), condiciones };
    let eventos = match actual.suscripcion.decidir(comando) {
        Ok(eventos) => eventos,
        Err(codigo) => return Ok(mesa.rechazar(peticion, codigo)),
    };
    let despues = Versionada {
        suscripcion: eventos.iter().fold(actual.suscripcion.clone(), Suscripcion::aplicar),
        version: actual.version + 1,
    };
    let producto = producto(contexto, cliente, plan);
    let vigente = despues.suscripcion.estado().es_vigente();
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
        iniciar(saga, desenlace(&despues.suscripcion), peticion)
    });
    let id_saga = saga.as_ref().map(|avance| avance.saga.id);
    let contenido = contenido(&despues.suscripcion, peticion, id_saga);
    let respuesta = respuesta(id, &despues, contenido);
    Ok(Cambio::Nuevo(Box::new(CambioNuevo {
        escritura: Some(escritura(peticion, actual.version, &despues)),
        cliente: Some((clave, datos.clone())),
        saga,
        contrata: vigente.then_some(producto),
        ..sin_efectos(peticion, respuesta)
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

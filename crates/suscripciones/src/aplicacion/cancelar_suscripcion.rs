use super::atender_ordenes::Via;
use super::iniciar_saga;
use super::mesa::{Mesa, Peticion, respuesta, sin_efectos};
use super::puertos::{Cambio, CambioNuevo, Contenido, Contexto, ErrorRepositorio, Estorbo, Iniciada, Versionada};
use crate::dominio::{Comando, Estado, IdSuscripcion, Operacion, Rechazo, Suscripcion};

/// Decides a cancellation: at once, or as a saga that first releases what the plan provisioned.
pub(super) fn decidir(
    mesa: &Mesa,
    peticion: &Peticion<'_>,
    motivo: Option<String>,
    via: Via,
) -> Result<Cambio, ErrorRepositorio> {
    let actual = mesa.actual(peticion.id).suscripcion;
    match (via, actual.ficha()) {
        (Via::Saga(saga, definicion), Some(ficha)) => {
            let iniciada = Iniciada {
                operacion: Operacion::Cancelar,
                saga,
                plan: ficha.plan.clone(),
                anterior: ficha.plan.clone(),
                servicio: ficha.servicio,
                cargo: None,
            };
            match mesa.hacer(peticion, Comando::Reservar { razon: motivo }) {
                Ok(reservada) => {
                    let cambio = iniciar_saga::comenzar(peticion, reservada, iniciada, &definicion)?;
                    Ok(Cambio::Nuevo(Box::new(cambio)))
                }
                Err(codigo) => Ok(mesa.rechazar(peticion, codigo)),
            }
        }
        (Via::Ninguna, _) => Ok(mesa.rechazar(peticion, Rechazo::OperacionNoDisponible)),
        _ => Ok(cancelar(mesa, peticion, motivo)),
    }
}

/// As an undo of a command that never came it leaves a tombstone under that command's id.
fn cancelar(mesa: &Mesa, peticion: &Peticion<'_>, motivo: Option<String>) -> Cambio {
    let no_visto = peticion.contexto.causa.filter(|causa| !mesa.lectura.respuestas.contains_key(causa));
    match mesa.hacer(peticion, Comando::Cancelar { motivo: motivo.clone() }) {
        Ok(decidido) => {
            let anterior = decidido.antes.suscripcion.estado();
            let motivo = match &decidido.despues.suscripcion {
                Suscripcion::Cancelada { motivo, .. } if decidido.cambia() => motivo.clone(),
                _ => motivo.unwrap_or_default(),
            };
            Cambio::Nuevo(Box::new(decidido.con(peticion, Contenido::Cancelada { anterior, motivo })))
        }
        Err(Rechazo::NoExiste) if no_visto.is_some() => {
            let contenido = Contenido::Cancelada { anterior: Estado::Inexistente, motivo: motivo.unwrap_or_default() };
            let respuesta = respuesta(peticion.id, &mesa.actual(peticion.id), contenido);
            Cambio::Nuevo(Box::new(CambioNuevo { anula: no_visto, ..sin_efectos(peticion, respuesta) }))
        }
        Err(codigo) => mesa.rechazar(peticion, codigo),
    }
}

/// The answer to a command whose undo came first.
pub(super) fn anulada(contexto: &Contexto, id: IdSuscripcion) -> Cambio {
    let ausente = Versionada { suscripcion: Suscripcion::Inexistente, version: 0 };
    let contenido = Contenido::Fallida {
        codigo: Rechazo::ComandoCancelado,
        estado: Estado::Inexistente,
        operacion: None,
        saga: None,
        estorbo: Estorbo::default(),
    };
    Cambio::Repetido { contexto: Box::new(contexto.clone()), respuesta: Box::new(respuesta(id, &ausente, contenido)) }
}

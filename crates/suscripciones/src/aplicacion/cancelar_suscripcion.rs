use super::atender_ordenes::Via;
use super::iniciar_saga;
use super::mesa::{Mesa, Peticion, escritura, respuesta, sin_efectos};
use super::puertos::{
    Cambio, CambioNuevo, Contenido, Contexto, ErrorRepositorio, Estorbo, Iniciada, Respuesta, Versionada,
};
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
                aprovisionada_por: ficha.aprovisionada_por,
            };
            iniciar_saga::reservar(mesa, peticion, iniciada, &definicion, motivo)
        }
        (Via::Ninguna, _) => Ok(mesa.rechazar(peticion, Rechazo::OperacionNoDisponible)),
        _ => Ok(cancelar(mesa, peticion, motivo)),
    }
}

/// As an undo of a command that never came it leaves a tombstone under that command's id.
fn cancelar(mesa: &Mesa, peticion: &Peticion<'_>, motivo: Option<String>) -> Cambio {
    let actual = mesa.actual(peticion.id);
    let anterior = actual.suscripcion.estado();
    let no_visto = peticion.contexto.causa.filter(|causa| !mesa.lectura.respuestas.contains_key(causa));
    let nada_que_hacer = |actual: &Versionada| {
        let motivo = motivo.clone().unwrap_or_default();
        respuesta(peticion.id, actual, Contenido::Cancelada { anterior, motivo })
    };
    match actual.suscripcion.decidir(Comando::Cancelar { motivo: motivo.clone() }) {
        Ok(eventos) if eventos.is_empty() => Cambio::Nuevo(Box::new(sin_efectos(peticion, nada_que_hacer(&actual)))),
        Ok(eventos) => {
            let leida = actual.version;
            let suscripcion = eventos.iter().fold(actual.suscripcion, Suscripcion::aplicar);
            let despues = Versionada { suscripcion, version: leida + 1 };
            Cambio::Nuevo(Box::new(CambioNuevo {
                escritura: Some(escritura(peticion, leida, &despues)),
                ..sin_efectos(peticion, cancelada(peticion.id, &despues, anterior))
            }))
        }
        Err(Rechazo::NoExiste) if no_visto.is_some() => {
            Cambio::Nuevo(Box::new(CambioNuevo { anula: no_visto, ..sin_efectos(peticion, nada_que_hacer(&actual)) }))
        }
        Err(codigo) => mesa.rechazar(peticion, codigo),
    }
}

fn cancelada(id: IdSuscripcion, despues: &Versionada, anterior: Estado) -> Respuesta {
    let motivo = match &despues.suscripcion {
        Suscripcion::Cancelada { motivo, .. } => motivo.clone(),
        _ => String::new(),
    };
    respuesta(id, despues, Contenido::Cancelada { anterior, motivo })
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

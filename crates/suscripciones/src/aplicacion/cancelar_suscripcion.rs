use super::atender_ordenes::{Mesa, rechazar, respuesta, sin_efectos};
use super::puertos::{Cambio, CambioNuevo, Contenido, Contexto, Escritura, Versionada};
use crate::dominio::{Comando, Estado, IdSuscripcion, Rechazo, Suscripcion};

/// Decides a cancellation. As an undo of a command that never came it leaves a tombstone under that command's id.
pub(super) fn decidir(mesa: &Mesa, contexto: &Contexto, id: IdSuscripcion, motivo: &str) -> Cambio {
    let actual = mesa.actual(id);
    let cancelada = Contenido::Cancelada { anterior: actual.suscripcion.estado(), motivo: motivo.to_owned() };
    let no_visto = contexto.causa.filter(|causa| !mesa.lectura.respuestas.contains_key(causa));
    match actual.suscripcion.decidir(Comando::Cancelar { motivo: motivo.to_owned() }) {
        Ok(eventos) if eventos.is_empty() => {
            Cambio::Nuevo(Box::new(sin_efectos(contexto, respuesta(id, &actual, cancelada))))
        }
        Ok(eventos) => {
            let suscripcion = eventos.iter().fold(actual.suscripcion, Suscripcion::aplicar);
            let despues = Versionada { suscripcion, version: actual.version + 1 };
            let respuesta = respuesta(id, &despues, cancelada);
            Cambio::Nuevo(Box::new(CambioNuevo {
                escritura: Some(Escritura {
                    id,
                    inquilino: contexto.inquilino.clone(),
                    suscripcion: despues.suscripcion,
                    leida: actual.version,
                    nueva: despues.version,
                }),
                ..sin_efectos(contexto, respuesta)
            }))
        }
        Err(Rechazo::NoExiste) if no_visto.is_some() => Cambio::Nuevo(Box::new(CambioNuevo {
            anula: no_visto,
            ..sin_efectos(contexto, respuesta(id, &actual, cancelada))
        })),
        Err(codigo) => rechazar(mesa, contexto, id, codigo),
    }
}

/// The answer to a command whose undo came first.
pub(super) fn anulada(contexto: &Contexto, id: IdSuscripcion) -> Cambio {
    let ausente = Versionada { suscripcion: Suscripcion::Inexistente, version: 0 };
    let contenido = Contenido::Fallida { codigo: Rechazo::ComandoCancelado, estado: Estado::Inexistente, saga: None };
    Cambio::Repetido { contexto: Box::new(contexto.clone()), respuesta: Box::new(respuesta(id, &ausente, contenido)) }
}

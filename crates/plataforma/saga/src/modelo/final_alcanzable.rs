use super::exploracion::Exploracion;
use super::mundo::Mundo;
use super::suceso::{Orden, Suceso};
use crate::{Cambio, EstadoPaso};

/// The first world from which no event leads to an end, if there is one.
///
/// The worst is assumed: whatever is in flight in a world is lost. Only what is sent anew arrives, and an
/// operator does nothing but resume what is paused.
pub(super) fn primero_sin_final(exploracion: &Exploracion<'_>) -> Result<Option<usize>, Interrumpida> {
    let mut llega = vec![false; exploracion.visitados()];
    for mundo in 0..exploracion.visitados() {
        if !(exploracion.seguir)() {
            return Err(Interrumpida);
        }
        if !llega[mundo] && !buscar_final(exploracion, mundo, &mut llega) {
            return Ok(Some(mundo));
        }
    }
    Ok(None)
}

/// The search had to end before it had an answer.
pub(super) struct Interrumpida;

/// Searches depth first, a good outcome first; marks the worlds on the way found.
fn buscar_final(exploracion: &Exploracion<'_>, desde: usize, llega: &mut [bool]) -> bool {
    let mut vistos = std::collections::HashSet::from([desde]);
    let mut camino = vec![(desde, Vec::new(), false)];
    while let Some((mundo, pendientes, abierto)) = camino.last_mut() {
        let (actual, estaba_abierto) = (*mundo, std::mem::replace(abierto, true));
        if !estaba_abierto {
            let real = exploracion.mundo(actual);
            if llega[actual] || real.saga.fase.es_terminal() {
                camino.iter().for_each(|(mundo, ..)| llega[*mundo] = true);
                return true;
            }
            *pendientes = avances(exploracion, &real);
        }
        match pendientes.pop() {
            Some(siguiente) if vistos.insert(siguiente) => camino.push((siguiente, Vec::new(), false)),
            Some(_) => {}
            None => {
                camino.pop();
            }
        }
    }
    false
}

/// Where a world can go by itself, the best last.
fn avances(exploracion: &Exploracion<'_>, mundo: &Mundo) -> Vec<usize> {
    if mundo.saga.pausada {
        let reanudado = exploracion.ocurrir(mundo, Suceso::Manda(Orden::Reanudar));
        return reanudado.and_then(|(mundo, _)| exploracion.indice(&mundo)).into_iter().collect();
    }
    if mundo.saga.version == 0 {
        let iniciado = exploracion.ocurrir(mundo, Suceso::Inicia { exito: true });
        return iniciado.and_then(|(mundo, _)| exploracion.indice(&mundo)).into_iter().collect();
    }
    let pasos = exploracion.definicion.pasos().iter().enumerate().rev();
    pasos
        .filter(|(_, paso)| mundo.saga.paso(&paso.clave).en_vuelo().is_some())
        .flat_map(|(paso, _)| avances_de(exploracion, mundo, paso))
        .filter_map(|mundo| exploracion.indice(&mundo))
        .collect()
}

/// The silence of a step, and the answer to what that sends.
fn avances_de(exploracion: &Exploracion<'_>, mundo: &Mundo, paso: usize) -> Vec<Mundo> {
    let Some((repetido, Some(entrada))) = exploracion.ocurrir(mundo, Suceso::Vence { paso }) else {
        return Vec::new();
    };
    let clave = &exploracion.definicion.pasos()[paso].clave;
    let enviada = entrada.cambios.iter().find_map(|cambio| match cambio {
        Cambio::Enviado { paso, direccion, .. } if paso == clave => Some(*direccion),
        _ => None,
    });
    let Some(direccion) = enviada else { return vec![repetido] };
    let contesta = |suceso: &Suceso| matches!(*suceso, Suceso::Responde { paso: otro, direccion: suya, suelta: false, .. } if otro == paso && suya == direccion);
    let respuestas = exploracion.posibles(&repetido).into_iter().filter(contesta);
    let mut avances: Vec<Mundo> =
        respuestas.filter_map(|suceso| exploracion.ocurrir(&repetido, suceso)).map(|(mundo, _)| mundo).collect();
    avances.sort_by_key(|mundo| matches!(mundo.saga.paso(clave), EstadoPaso::Hecho | EstadoPaso::Deshecho));
    avances.insert(0, repetido);
    avances
}

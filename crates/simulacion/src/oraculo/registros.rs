use std::collections::BTreeMap;

use saga::EstadoSaga;
use uuid::Uuid;

use crate::mundo::Mundo;
use crate::nucleo::cerrojo;

/// The log tells the whole story of each saga, each command acted once, and each was answered one way.
pub fn revisar(mundo: &Mundo) -> Vec<String> {
    let mut faltas = logs(mundo);
    faltas.extend(efectos(mundo));
    faltas.extend(respuestas(mundo));
    faltas
}

fn logs(mundo: &Mundo) -> Vec<String> {
    let base = cerrojo(&mundo.suscripciones);
    let mut faltas = Vec::new();
    for saga in base.sagas.values() {
        let id = saga.id;
        let entradas: Vec<_> = base.log.range((id, i64::MIN)..=(id, i64::MAX)).collect();
        let seguidas = (1..).zip(&entradas).all(|(version, ((_, otra), _))| version == *otra);
        if !seguidas || entradas.len() as i64 != saga.estado.version {
            faltas.push(format!("saga {id}: su registro tiene huecos"));
        }
        let plegada = entradas.iter().fold(EstadoSaga::default(), |estado, (_, de)| saga::aplicar(estado, de));
        if plegada != saga.estado {
            faltas.push(format!("saga {id}: su fila no es lo que cuenta su registro"));
        }
    }
    faltas
}

fn efectos(mundo: &Mundo) -> Vec<String> {
    let mut veces: BTreeMap<Uuid, u32> = BTreeMap::new();
    let obrados = [
        cerrojo(&mundo.suscripciones).obrados.clone(),
        cerrojo(&mundo.datos).obradas.clone(),
        cerrojo(&mundo.laboratorio).obrados.clone(),
    ];
    for comando in obrados.concat() {
        *veces.entry(comando).or_default() += 1;
    }
    let doblados = veces.into_iter().filter(|(_, veces)| *veces > 1);
    doblados.map(|(comando, veces)| format!("el comando {comando} obró {veces} veces")).collect()
}

fn respuestas(mundo: &Mundo) -> Vec<String> {
    let historia = mundo.bus.historia();
    let mut faltas = Vec::new();
    let mut contenidos = BTreeMap::new();
    let mut reversas = BTreeMap::new();
    for mensaje in &historia {
        let primero = contenidos.entry(mensaje.id).or_insert(mensaje);
        if primero.datos != mensaje.datos || primero.tipo != mensaje.tipo {
            faltas.push(format!("el mensaje {} dice dos cosas", mensaje.id));
        }
        if mensaje.tipo.starts_with("Comando") {
            reversas.insert(mensaje.id, mensaje.causa.is_some());
        }
    }
    let mut dichas: BTreeMap<Uuid, &str> = BTreeMap::new();
    for mensaje in historia.iter().filter(|mensaje| mensaje.tipo.starts_with("Evento")) {
        let Some(comando) = mensaje.causa else { continue };
        // A refused undo is refused for now.
        if reversas.get(&comando) == Some(&true) && &*mensaje.tipo == "EventoEquipoFallido" {
            continue;
        }
        let primera = dichas.entry(comando).or_insert(&mensaje.tipo);
        if **primera != *mensaje.tipo {
            faltas.push(format!("al comando {comando} se le contestó {primera} y {}", mensaje.tipo));
        }
    }
    faltas
}

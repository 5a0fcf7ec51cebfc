//! What must be true when everything is over.

mod cuentas;
mod desenlaces;
mod gestiones;
mod productos;
mod registros;

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};

use notificaciones::dominio::Notificacion;
use saga::Fase;

use crate::clientela::{Alta, Tramite};
use crate::mundo::Mundo;
use crate::nucleo::cerrojo;

/// Everything that is not as it should be, in words.
pub fn juzgar(mundo: &Mundo, altas: &[Alta], tramites: &[Tramite]) -> Vec<String> {
    let mut faltas = registros::revisar(mundo);
    faltas.extend(cuentas::revisar(mundo));
    faltas.extend(productos::revisar(mundo));
    faltas.extend(desenlaces::revisar(mundo, altas, &|alta| gestiones::cambio(mundo, alta, tramites)));
    faltas.extend(gestiones::revisar(mundo, altas, tramites));
    faltas
}

/// What still waits for something; empty when the world has come to rest.
pub fn pendientes(mundo: &Mundo) -> Vec<String> {
    let suscripciones = cerrojo(&mundo.suscripciones);
    let vivas = suscripciones.sagas.values().filter(|saga| !saga.estado.fase.es_terminal()).count();
    let datos = cerrojo(&mundo.datos).bandeja.quedan();
    let laboratorio = cerrojo(&mundo.laboratorio).bandeja.quedan();
    let avisos = cerrojo(&mundo.avisos);
    let por_enviar =
        avisos.flujos.values().filter(|flujo| matches!(flujo.notificacion, Notificacion::Creada { .. })).count();
    let filas = suscripciones.bandeja.quedan() + datos + laboratorio + avisos.bandeja.quedan();
    let cuentas = [
        (vivas, "sagas vivas"),
        (mundo.bus.pendientes(), "mensajes sin atender"),
        (filas, "filas en las bandejas"),
        (por_enviar, "notificaciones por enviar"),
    ];
    cuentas.into_iter().filter(|(cuantas, _)| *cuantas > 0).map(|(cuantas, que)| format!("{cuantas} {que}")).collect()
}

/// Whether some saga ended where it stood. An undo that was refused for now may then succeed when it is read again.
pub fn alguna_abandonada(mundo: &Mundo) -> bool {
    cerrojo(&mundo.suscripciones).sagas.values().any(|saga| saga.estado.fase == Fase::Abandonada)
}

/// Counts how the sagas ended.
pub fn contar_finales(mundo: &Mundo) {
    for saga in cerrojo(&mundo.suscripciones).sagas.values() {
        mundo.nucleo.contar(match saga.estado.fase {
            Fase::Avanzando | Fase::Deshaciendo => "saga viva",
            Fase::Completada => "saga completada",
            Fase::CompletadaConAvisos => "saga completada con avisos",
            Fase::Compensada => "saga compensada",
            Fase::Abandonada => "saga abandonada",
        });
    }
}

/// A digest of every table but the outboxes.
pub fn suma(mundo: &Mundo) -> u64 {
    let mut suma = DefaultHasher::new();
    let base = cerrojo(&mundo.suscripciones);
    format!("{:?}{:?}{:?}{:?}", base.suscripciones, base.efectos, base.facturas, base.contrataciones).hash(&mut suma);
    for (id, saga) in &base.sagas {
        format!("{id:?}{:?}", saga.estado).hash(&mut suma);
    }
    format!("{:?}", base.log).hash(&mut suma);
    let datos = cerrojo(&mundo.datos);
    format!("{:?}{:?}{:?}{:?}", datos.servicios, datos.respuestas, datos.nubes, datos.expertos).hash(&mut suma);
    for (id, flujo) in &cerrojo(&mundo.avisos).flujos {
        format!("{id:?}{:?}", flujo.hechos).hash(&mut suma);
    }
    let laboratorio = cerrojo(&mundo.laboratorio);
    format!("{}{:?}{:?}", laboratorio.libres, laboratorio.reservas, laboratorio.avisados).hash(&mut suma);
    suma.finish()
}

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use notificaciones::aplicacion::puertos::{Cambio, Marca, Versionada};
use notificaciones::dominio::{Hecho, IdNotificacion, Notificacion};

use crate::tuberia::{Bandeja, ConBandeja};

/// How long one instance has a notification for itself.
pub const TURNO_MS: i64 = 30_000;

/// The event store of notificaciones.
#[derive(Default)]
pub struct Base {
    pub flujos: BTreeMap<IdNotificacion, Flujo>,
    pub bandeja: Bandeja,
}

/// One stream, and its fold.
pub struct Flujo {
    pub hechos: Vec<Hecho>,
    pub marca: Marca,
    pub notificacion: Notificacion,
    pub turno_hasta: i64,
}

pub type Tablas = Arc<Mutex<Base>>;

impl ConBandeja for Base {
    fn bandeja(&mut self) -> &mut Bandeja {
        &mut self.bandeja
    }
}

impl Base {
    pub fn leer(&self, id: IdNotificacion) -> Versionada {
        match self.flujos.get(&id) {
            Some(flujo) => Versionada { id, marca: flujo.marca, notificacion: flujo.notificacion.clone() },
            None => Versionada::inexistente(id),
        }
    }

    /// Appends if the stream still ends where the writer saw it; a new stream begins with its writer's turn.
    pub fn anexar(&mut self, cambio: &Cambio, ahora_ms: i64) -> Option<Marca> {
        if self.leer(cambio.id).marca != cambio.previa {
            return None;
        }
        let nuevo = !self.flujos.contains_key(&cambio.id);
        let flujo = self.flujos.entry(cambio.id).or_insert_with(|| Flujo {
            hechos: Vec::new(),
            marca: Marca::INICIO,
            notificacion: Notificacion::Inexistente,
            turno_hasta: 0,
        });
        for hecho in &cambio.hechos {
            flujo.hechos.push(hecho.clone());
            flujo.marca.version += 1;
            flujo.marca.cabeza[0] = flujo.marca.cabeza[0].wrapping_mul(31).wrapping_add(1);
        }
        flujo.notificacion = cambio.notificacion.clone();
        flujo.turno_hasta = if nuevo { ahora_ms + TURNO_MS } else { 0 };
        Some(flujo.marca)
    }

    /// Takes the turn of due notifications that nobody holds.
    pub fn tomar(&mut self, ahora_ms: i64, instante: chrono::DateTime<chrono::Utc>, limite: usize) -> Vec<Versionada> {
        let vencidas = self.flujos.iter_mut().filter(|(_, flujo)| {
            let vencida =
                matches!(&flujo.notificacion, Notificacion::Creada { proximo_intento, .. } if *proximo_intento <= instante);
            vencida && flujo.turno_hasta <= ahora_ms
        });
        let tomada = |(id, flujo): (&IdNotificacion, &mut Flujo)| {
            flujo.turno_hasta = ahora_ms + TURNO_MS;
            Versionada { id: *id, marca: flujo.marca, notificacion: flujo.notificacion.clone() }
        };
        vencidas.take(limite).map(tomada).collect()
    }
}

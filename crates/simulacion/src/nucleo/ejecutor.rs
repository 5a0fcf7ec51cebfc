use std::collections::{BTreeMap, BTreeSet};
use std::task::{Context, Waker};

use super::{IdTarea, Nucleo, Proceso, Tarea};

/// Polls tasks in the order of the agenda. A dead process loses its tasks; a frozen one keeps them for later.
pub struct Ejecutor {
    nucleo: Nucleo,
    tareas: Vec<Option<Tarea>>,
    guardadas: BTreeMap<Proceso, Vec<IdTarea>>,
    pasos: u64,
}

impl Ejecutor {
    pub fn nuevo(nucleo: Nucleo) -> Self {
        Self { nucleo, tareas: Vec::new(), guardadas: BTreeMap::new(), pasos: 0 }
    }

    pub fn lanzar(&mut self, tarea: Tarea) {
        let id = IdTarea::nueva(self.tareas.len());
        self.tareas.push(Some(tarea));
        let mut agenda = self.nucleo.agenda();
        let ahora = agenda.ahora;
        agenda.apuntar(id, ahora);
    }

    /// Drops everything that a process had in memory.
    pub fn matar(&mut self, proceso: Proceso) {
        self.guardadas.remove(&proceso);
        for hueco in &mut self.tareas {
            if hueco.as_ref().is_some_and(|tarea| tarea.proceso == proceso) {
                *hueco = None;
            }
        }
    }

    /// Gives back to a process the turns that it missed while it was frozen.
    pub fn descongelar(&mut self, proceso: Proceso) {
        let mut agenda = self.nucleo.agenda();
        agenda.congelados.remove(&proceso);
        let ahora = agenda.ahora;
        for id in self.guardadas.remove(&proceso).unwrap_or_default() {
            agenda.apuntar(id, ahora);
        }
    }

    pub fn pasos(&self) -> u64 {
        self.pasos
    }

    /// Runs until nothing is due by `limite`, or until some process died; which ones.
    pub fn correr(&mut self, limite: i64) -> BTreeSet<Proceso> {
        loop {
            let mut agenda = self.nucleo.agenda();
            if !agenda.caidos.is_empty() {
                return std::mem::take(&mut agenda.caidos);
            }
            let Some(id) = agenda.siguiente(limite) else {
                agenda.ahora = agenda.ahora.max(limite);
                return BTreeSet::new();
            };
            let congelado = |tarea: &Tarea| agenda.congelados.contains(&tarea.proceso).then_some(tarea.proceso);
            let Some(tarea) = self.tareas.get(id.lugar()).and_then(Option::as_ref) else { continue };
            if let Some(proceso) = congelado(tarea) {
                self.guardadas.entry(proceso).or_default().push(id);
                continue;
            }
            drop(agenda);
            self.dar_paso(id);
        }
    }

    fn dar_paso(&mut self, id: IdTarea) {
        self.pasos += 1;
        let Some(hueco) = self.tareas.get_mut(id.lugar()) else { return };
        let Some(tarea) = hueco else { return };
        if tarea.futuro.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready() {
            *hueco = None;
        }
    }
}

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};
use std::future::Future;
use std::pin::Pin;

use super::{Azar, Bitacora, Caos};

/// A running instance of a service. The number is its place in the world's list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Proceso(pub usize);

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct IdTarea(usize);

pub type Futuro = Pin<Box<dyn Future<Output = ()> + Send>>;

pub struct Tarea {
    pub proceso: Proceso,
    pub futuro: Futuro,
}

/// When a task is polled next; equal times are broken by chance.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Turno {
    cuando: i64,
    azar: u64,
    orden: u64,
    tarea: IdTarea,
}

/// Virtual time, and what is to happen in it.
pub struct Agenda {
    pub ahora: i64,
    pub azar: Azar,
    pub bitacora: Bitacora,
    pub caos: Caos,
    pub nombres: Vec<String>,
    /// How far the clock of each process is from the true time, in milliseconds.
    pub desfases: BTreeMap<Proceso, i64>,
    /// Processes that are stopped: their turns wait.
    pub congelados: BTreeSet<Proceso>,
    /// Processes that died in the step that is running.
    pub caidos: BTreeSet<Proceso>,
    /// How often each thing worth counting happened.
    pub cuentas: BTreeMap<&'static str, u64>,
    actual: IdTarea,
    cola: BinaryHeap<Reverse<Turno>>,
    orden: u64,
}

impl Agenda {
    pub fn nueva(azar: Azar, bitacora: Bitacora) -> Self {
        Self {
            ahora: 0,
            azar,
            bitacora,
            caos: Caos::default(),
            nombres: Vec::new(),
            desfases: BTreeMap::new(),
            congelados: BTreeSet::new(),
            caidos: BTreeSet::new(),
            cuentas: BTreeMap::new(),
            actual: IdTarea(usize::MAX),
            cola: BinaryHeap::new(),
            orden: 0,
        }
    }

    pub fn actual(&self) -> IdTarea {
        self.actual
    }

    pub fn apuntar(&mut self, tarea: IdTarea, cuando: i64) {
        self.orden += 1;
        let azar = self.azar.hasta(u64::MAX);
        self.cola.push(Reverse(Turno { cuando: cuando.max(self.ahora), azar, orden: self.orden, tarea }));
    }

    /// The next task whose turn comes by `limite`; time moves to it.
    pub fn siguiente(&mut self, limite: i64) -> Option<IdTarea> {
        if self.cola.peek()?.0.cuando > limite {
            return None;
        }
        let Reverse(turno) = self.cola.pop()?;
        self.ahora = turno.cuando;
        self.actual = turno.tarea;
        Some(turno.tarea)
    }
}

impl IdTarea {
    pub(super) fn nueva(lugar: usize) -> Self {
        Self(lugar)
    }

    pub(super) fn lugar(self) -> usize {
        self.0
    }
}

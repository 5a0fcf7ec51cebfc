//! One thread, virtual time, one source of chance.

mod agenda;
mod azar;
mod bitacora;
mod caos;
mod ejecutor;

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use chrono::{DateTime, Utc};

pub use agenda::{Agenda, Futuro, IdTarea, Proceso, Tarea};
pub use azar::Azar;
pub use bitacora::Bitacora;
pub use caos::Caos;
pub use ejecutor::Ejecutor;

/// The first instant of every run, in milliseconds since the epoch.
const PRINCIPIO_MS: i64 = 1_893_456_000_000;

/// What every part of the world holds: the time, the chance and the log of one run.
#[derive(Clone)]
pub struct Nucleo(Arc<Mutex<Agenda>>);

impl Nucleo {
    pub fn nuevo(agenda: Agenda) -> Self {
        Self(Arc::new(Mutex::new(agenda)))
    }

    pub fn agenda(&self) -> MutexGuard<'_, Agenda> {
        cerrojo(&self.0)
    }

    /// Milliseconds since the run began.
    pub fn ahora(&self) -> i64 {
        self.agenda().ahora
    }

    /// The true time: that of the databases.
    pub fn instante(&self) -> DateTime<Utc> {
        instante(self.ahora())
    }

    /// The time as a process sees it.
    pub fn reloj(&self, proceso: Proceso) -> DateTime<Utc> {
        let agenda = self.agenda();
        instante(agenda.ahora + agenda.desfases.get(&proceso).copied().unwrap_or_default())
    }

    pub fn caos(&self) -> Caos {
        self.agenda().caos
    }

    pub fn azar<T>(&self, tirar: impl FnOnce(&mut Azar) -> T) -> T {
        tirar(&mut self.agenda().azar)
    }

    /// Counts something that a run should show now and then.
    pub fn contar(&self, que: &'static str) {
        *self.agenda().cuentas.entry(que).or_default() += 1;
    }

    pub fn anotar(&self, proceso: Proceso, que: std::fmt::Arguments<'_>) {
        let mut agenda = self.agenda();
        let Agenda { ahora, bitacora, nombres, .. } = &mut *agenda;
        bitacora.anotar(*ahora, nombres.get(proceso.0).map_or("mundo", String::as_str), que);
    }

    /// Waits; never less than a turn of the others.
    pub fn dormir(&self, ms: i64) -> Dormir {
        let hasta = self.ahora().saturating_add(ms.max(0));
        Dormir { nucleo: self.clone(), hasta, apuntada: false }
    }
}

pub fn instante(ms: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(PRINCIPIO_MS + ms).unwrap_or(DateTime::UNIX_EPOCH)
}

/// One thread holds every lock, so none is ever contended.
pub fn cerrojo<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

pub struct Dormir {
    nucleo: Nucleo,
    hasta: i64,
    apuntada: bool,
}

impl Future for Dormir {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        let (hasta, apuntada) = (self.hasta, self.apuntada);
        let mut agenda = self.nucleo.agenda();
        if apuntada && agenda.ahora >= hasta {
            return Poll::Ready(());
        }
        if !apuntada {
            let actual = agenda.actual();
            agenda.apuntar(actual, hasta);
            drop(agenda);
            self.apuntada = true;
        }
        Poll::Pending
    }
}

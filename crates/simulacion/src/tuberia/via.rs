use crate::nucleo::{Nucleo, Proceso};

/// The store did not answer, or answered badly; whether it did what it was asked is not known.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("the store did not answer")]
pub struct Corte;

/// A process's way to what is outside it: everything that crosses takes time, may fail, and is a place to die.
#[derive(Clone)]
pub struct Via {
    pub nucleo: Nucleo,
    pub proceso: Proceso,
    /// Those who use the system from outside do not die with it.
    pub mortal: bool,
}

impl Via {
    pub fn anotar(&self, que: std::fmt::Arguments<'_>) {
        self.nucleo.anotar(self.proceso, que);
    }

    /// A moment between two steps of a process; it may be its last.
    pub async fn paso(&self) {
        let (muere, espera) = {
            let mut agenda = self.nucleo.agenda();
            let caos = agenda.caos;
            (self.mortal && agenda.azar.ocurre(caos.muerte), agenda.azar.entre(0, caos.retardo_base_ms))
        };
        if muere {
            self.nucleo.agenda().caidos.insert(self.proceso);
            return std::future::pending().await;
        }
        self.nucleo.dormir(espera).await;
    }

    /// Runs a transaction of a store: whole or not at all, and sometimes whole and reported as failed.
    pub async fn transaccion<T>(&self, que: &str, hacer: impl FnOnce() -> T + Send) -> Result<T, Corte> {
        self.paso().await;
        let caos = self.nucleo.caos();
        if self.nucleo.azar(|azar| azar.ocurre(caos.fallo_antes)) {
            self.anotar(format_args!("{que}: falla sin hacerse"));
            self.nucleo.contar("la base falla sin hacer");
            return Err(Corte);
        }
        let hecho = hacer();
        if self.nucleo.azar(|azar| azar.ocurre(caos.fallo_despues)) {
            self.anotar(format_args!("{que}: hecho, pero dice que falla"));
            self.nucleo.contar("la base hace y dice que falla");
            return Err(Corte);
        }
        self.paso().await;
        Ok(hecho)
    }
}

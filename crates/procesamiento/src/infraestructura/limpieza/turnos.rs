use std::num::NonZero;
use std::sync::Arc;
use std::thread::available_parallelism;
use std::time::{Duration, Instant};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;

/// How many children work at once: three quarters of the cores that the process was given. On a single core one
/// child works, and rests afterwards for a third of the time that it took.
pub(super) struct Turnos {
    libres: Arc<Semaphore>,
    un_nucleo: bool,
}

impl Turnos {
    pub(super) fn de_esta_maquina() -> Self {
        Self::para(available_parallelism().map_or(1, NonZero::get))
    }

    fn para(nucleos: usize) -> Self {
        Self { libres: Arc::new(Semaphore::new((nucleos * 3 / 4).max(1))), un_nucleo: nucleos == 1 }
    }

    /// Waits for a turn; none is given once the process closes.
    pub(super) async fn tomar(&self, cierre: &CancellationToken) -> Option<Turno> {
        metrics::gauge!("limpieza_en_cola").increment(1);
        let permiso = cierre.run_until_cancelled(Arc::clone(&self.libres).acquire_owned()).await;
        metrics::gauge!("limpieza_en_cola").decrement(1);
        let permiso = permiso?.ok()?;
        metrics::gauge!("limpieza_en_curso").increment(1);
        Some(Turno { permiso: Some(permiso), inicio: Instant::now(), descansa: self.un_nucleo })
    }
}

/// The right to have a child at work.
pub(super) struct Turno {
    permiso: Option<OwnedSemaphorePermit>,
    inicio: Instant,
    descansa: bool,
}

impl Turno {
    pub(super) fn transcurrido(&self) -> Duration {
        self.inicio.elapsed()
    }
}

impl Drop for Turno {
    fn drop(&mut self) {
        metrics::gauge!("limpieza_en_curso").decrement(1);
        if self.descansa {
            let (permiso, descanso) = (self.permiso.take(), self.inicio.elapsed() / 3);
            tokio::spawn(async move {
                tokio::time::sleep(descanso).await;
                drop(permiso);
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trabajan_tres_cuartos_de_los_nucleos_y_al_menos_uno() {
        for (nucleos, hijos) in [(1, 1), (2, 1), (4, 3), (16, 12)] {
            assert_eq!(Turnos::para(nucleos).libres.available_permits(), hijos, "{nucleos}");
        }
    }

    #[tokio::test]
    async fn en_un_solo_nucleo_se_descansa_un_tercio_de_lo_trabajado() {
        let (turnos, cierre) = (Turnos::para(1), CancellationToken::new());
        drop(turnos.tomar(&cierre).await.expect("a turn"));
        assert_eq!(turnos.libres.available_permits(), 0);
        drop(turnos.tomar(&cierre).await.expect("a turn after the rest"));
    }

    #[tokio::test]
    async fn al_cerrar_ya_no_empieza_nadie() {
        let (turnos, cierre) = (Turnos::para(2), CancellationToken::new());
        let en_curso = turnos.tomar(&cierre).await;
        cierre.cancel();
        assert!(en_curso.is_some() && turnos.tomar(&cierre).await.is_none());
    }
}

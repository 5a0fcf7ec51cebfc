use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::Duration;

use tokio_util::sync::CancellationToken;

/// Doubling pauses with a cap, so that whoever waits for the same broker does not come back in step.
pub(crate) struct Espera {
    base: Duration,
    tope: Duration,
    fallos: u32,
}

impl Espera {
    pub(crate) const fn nueva(base: Duration, tope: Duration) -> Self {
        Self { base, tope, fallos: 0 }
    }

    /// No failure since the start or the last success.
    pub(crate) fn al_principio(&self) -> bool {
        self.fallos == 0
    }

    pub(crate) fn reiniciar(&mut self) {
        self.fallos = 0;
    }

    /// The next pause: between half and the whole of the current step.
    pub(crate) fn siguiente(&mut self) -> Duration {
        let paso = self.base.saturating_mul(1_u32.checked_shl(self.fallos).unwrap_or(u32::MAX)).min(self.tope);
        self.fallos = self.fallos.saturating_add(1);
        paso.mul_f64(0.5 + azar() / 2.0)
    }

    /// Pauses; `false` when `cierre` came first.
    pub(crate) async fn pausar(&mut self, cierre: &CancellationToken) -> bool {
        let pausa = self.siguiente();
        cierre.run_until_cancelled(tokio::time::sleep(pausa)).await.is_some()
    }
}

/// Uniform in [0, 1): jitter needs no better source than the keys of a fresh hasher.
fn azar() -> f64 {
    let bits = RandomState::new().build_hasher().finish() >> 11;
    bits as f64 / (1_u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn las_pausas_crecen_hasta_el_tope_y_vuelven_a_empezar() {
        let (base, tope) = (Duration::from_millis(50), Duration::from_secs(2));
        let mut espera = Espera::nueva(base, tope);
        for paso in [50, 100, 200, 400, 800, 1600, 2000, 2000] {
            let (pausa, paso) = (espera.siguiente(), Duration::from_millis(paso));
            assert!(paso / 2 <= pausa && pausa <= paso, "{pausa:?} for a step of {paso:?}");
        }
        espera.reiniciar();
        assert!(espera.siguiente() <= base);
    }

    #[test]
    fn muchos_fallos_no_desbordan_la_pausa() {
        let mut espera = Espera { base: Duration::from_millis(50), tope: Duration::from_secs(2), fallos: u32::MAX };
        assert!(espera.siguiente() <= Duration::from_secs(2));
    }
}

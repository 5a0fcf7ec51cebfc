use std::time::Duration;

/// Draws that a seed repeats (SplitMix64, Steele et al., "Fast splittable pseudorandom number generators", 2014).
pub struct Sorteo(u64);

impl Sorteo {
    pub fn nuevo(semilla: u64) -> Self {
        Self(semilla)
    }

    fn siguiente(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// Below `limite`, which is not zero.
    pub fn hasta(&mut self, limite: u64) -> u64 {
        self.siguiente() % limite
    }

    pub fn duracion(&mut self, desde: Duration, hasta: Duration) -> Duration {
        let margen = u64::try_from((hasta - desde).as_micros()).unwrap_or(u64::MAX).max(1);
        desde + Duration::from_micros(self.hasta(margen))
    }

    pub fn de<T: Copy>(&mut self, opciones: &[T]) -> Option<T> {
        let indice = self.hasta(u64::try_from(opciones.len()).ok()?.max(1));
        opciones.get(usize::try_from(indice).ok()?).copied()
    }

    /// Which of `total` are chosen: so many, anywhere.
    pub fn elegidos(&mut self, total: usize, cuantos: usize) -> Vec<bool> {
        let mut marcas: Vec<bool> = (0..total).map(|indice| indice < cuantos).collect();
        for indice in (1..total).rev() {
            let otro = usize::try_from(self.hasta(indice as u64 + 1)).unwrap_or_default();
            marcas.swap(indice, otro);
        }
        marcas
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn la_misma_semilla_sortea_lo_mismo_y_otra_no() {
        let tirar = |semilla| {
            let mut sorteo = Sorteo::nuevo(semilla);
            (0..5).map(|_| sorteo.hasta(1000)).collect::<Vec<_>>()
        };
        assert_eq!(tirar(7), tirar(7));
        assert_ne!(tirar(7), tirar(8));
    }

    #[test]
    fn se_eligen_exactamente_los_pedidos_y_no_los_primeros() {
        let elegidos = Sorteo::nuevo(1).elegidos(1000, 250);
        assert_eq!(elegidos.iter().filter(|elegido| **elegido).count(), 250);
        let al_principio = elegidos[..250].iter().filter(|elegido| **elegido).count();
        assert!((30..100).contains(&al_principio), "{al_principio}");
    }
}

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};
use uuid::Uuid;

/// The only source of chance of a run: the same seed, the same run.
pub struct Azar(ChaCha8Rng);

impl Azar {
    pub fn nuevo(semilla: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(semilla))
    }

    /// A number below `tope`; zero when `tope` is zero.
    pub fn hasta(&mut self, tope: u64) -> u64 {
        let producto = u128::from(self.0.next_u64()) * u128::from(tope);
        u64::try_from(producto >> 64).unwrap_or_default()
    }

    /// A number of the range, both ends included.
    pub fn entre(&mut self, desde: i64, hasta: i64) -> i64 {
        desde.saturating_add_unsigned(self.hasta(hasta.abs_diff(desde).saturating_add(1)))
    }

    /// True so many times out of ten thousand.
    pub fn ocurre(&mut self, por_diez_mil: u32) -> bool {
        self.hasta(10_000) < u64::from(por_diez_mil)
    }

    pub fn elegir<'a, T>(&mut self, entre: &'a [T]) -> Option<&'a T> {
        let elegido = self.hasta(entre.len() as u64);
        entre.get(usize::try_from(elegido).unwrap_or_default())
    }

    pub fn uuid(&mut self) -> Uuid {
        Uuid::from_u64_pair(self.0.next_u64(), self.0.next_u64())
    }
}

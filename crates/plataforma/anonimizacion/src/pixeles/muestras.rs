//! Single samples of a native little endian frame.

use super::forma::{Disposicion, Forma, Numero};

impl Forma {
    /// The bits of the sample that begins at `lugar`, as they lie.
    pub fn crudo(&self, bytes: &[u8], lugar: usize) -> u64 {
        let suyos = &bytes[lugar..lugar + self.bytes];
        suyos.iter().rev().fold(0, |numero, byte| numero << 8 | u64::from(*byte))
    }

    /// The stored value of a sample, its sign included.
    pub fn valor(&self, crudo: u64) -> i64 {
        let valor = crudo >> self.bit_bajo & self.mascara();
        if self.con_signo && valor >> (self.bits_guardados - 1) & 1 == 1 {
            (valor | !self.mascara()) as i64
        } else {
            valor as i64
        }
    }

    /// The bits that stand for a stored value; the sign goes on above Bits Stored.
    pub fn bits_de(&self, valor: i64) -> u64 {
        let asignados = 8 * self.bytes as u32;
        let alto = u64::MAX >> (64 - asignados);
        let guardados = if self.con_signo { valor as u64 } else { valor as u64 & self.mascara() };
        guardados << self.bit_bajo & alto
    }

    pub fn poner(&self, bytes: &mut [u8], lugar: usize, crudo: u64) {
        bytes[lugar..lugar + self.bytes].copy_from_slice(&crudo.to_le_bytes()[..self.bytes]);
    }

    /// The pixels of a frame with one sample each, as numbers.
    pub fn valores(&self, bytes: &[u8], cuadro: usize) -> Vec<i64> {
        match (self.disposicion, self.numero, self.bytes) {
            (Disposicion::Bits, ..) => {
                let inicio = self.primer_bit(cuadro);
                let bit = |n: usize| i64::from(bytes[(inicio + n) / 8] >> ((inicio + n) % 8) & 1);
                (0..self.puntos()).map(bit).collect()
            }
            (_, Numero::Flotante, 4) => {
                let numeros = bytes.chunks_exact(4).map(|b| f64::from(f32::from_le_bytes([b[0], b[1], b[2], b[3]])));
                escalados(numeros.collect())
            }
            (_, Numero::Flotante, _) => {
                let octetos = bytes.chunks_exact(8);
                escalados(
                    octetos.map(|b| f64::from_le_bytes([b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7]])).collect(),
                )
            }
            (_, Numero::Entero, 1) => bytes.iter().map(|byte| self.valor(u64::from(*byte))).collect(),
            (_, Numero::Entero, 2) => {
                bytes.chunks_exact(2).map(|b| self.valor(u64::from(u16::from_le_bytes([b[0], b[1]])))).collect()
            }
            (_, Numero::Entero, _) => bytes.chunks_exact(self.bytes).map(|b| self.valor(self.crudo(b, 0))).collect(),
        }
    }

    /// The bit of the first pixel of a frame within the byte where the frame begins.
    pub fn primer_bit(&self, cuadro: usize) -> usize {
        (self.puntos() % 8 * (cuadro % 8)) % 8
    }
}

/// Finite numbers stretched to 16 bits; the others become 0.
fn escalados(numeros: Vec<f64>) -> Vec<i64> {
    let finitos = || numeros.iter().copied().filter(|n| n.is_finite());
    let (minimo, maximo) = (finitos().fold(f64::MAX, f64::min), finitos().fold(f64::MIN, f64::max));
    let escala = if maximo > minimo { 65_535.0 / (maximo - minimo) } else { 0.0 };
    numeros.iter().map(|n| if n.is_finite() { ((n - minimo) * escala) as i64 } else { 0 }).collect()
}

//! Bits with the stuffing of T.87: after a byte of ones, the next carries seven bits.

use crate::pixeles::informe::RechazoPixeles;

/// Reads bits, the highest first, until a marker.
pub(super) struct Lector<'a> {
    bytes: &'a [u8],
    posicion: usize,
    tras_unos: bool,
    cache: u64,
    quedan: u32,
    /// Bits given beyond the end of the data.
    inventados: u32,
}

impl<'a> Lector<'a> {
    pub fn nuevo(bytes: &'a [u8]) -> Self {
        Self { bytes, posicion: 0, tras_unos: false, cache: 0, quedan: 0, inventados: 0 }
    }

    /// Fills the cache to at least 33 bits; zeros after the end, to be noticed when they are used.
    fn llenar(&mut self) {
        while self.quedan <= 56 {
            let siguiente = self.bytes.get(self.posicion).copied();
            match siguiente {
                Some(byte) if (!self.tras_unos || byte & 0x80 == 0) && !self.es_marcador(byte) => {
                    let ancho = if self.tras_unos { 7 } else { 8 };
                    self.cache |= u64::from(byte) << (64 - ancho) >> self.quedan;
                    self.quedan += ancho;
                    self.tras_unos = byte == 0xFF;
                    self.posicion += 1;
                }
                _ => {
                    self.quedan += 8;
                    self.inventados += 8;
                }
            }
        }
    }

    fn es_marcador(&self, byte: u8) -> bool {
        byte == 0xFF && self.bytes.get(self.posicion + 1).is_none_or(|siguiente| siguiente & 0x80 != 0)
    }

    /// At most 32 bits.
    pub fn leer(&mut self, n: u32) -> Result<u32, RechazoPixeles> {
        if n == 0 {
            return Ok(0);
        }
        if self.quedan < n {
            self.llenar();
        }
        let valor = (self.cache >> (64 - n)) as u32;
        self.gastar(n)?;
        Ok(valor)
    }

    /// Zeros before the next one, which is read too; at most `limite`.
    pub fn ceros(&mut self, limite: u32) -> Result<u32, RechazoPixeles> {
        let mut total = 0;
        loop {
            if self.quedan < 33 {
                self.llenar();
            }
            let ceros = self.cache.leading_zeros().min(self.quedan);
            if ceros < self.quedan {
                total += ceros;
                self.gastar(ceros + 1)?;
                return if total > limite { Err(RechazoPixeles::FlujoDanado) } else { Ok(total) };
            }
            total += ceros;
            self.gastar(ceros)?;
            if total > limite {
                return Err(RechazoPixeles::FlujoDanado);
            }
        }
    }

    fn gastar(&mut self, n: u32) -> Result<(), RechazoPixeles> {
        self.cache = if n == 64 { 0 } else { self.cache << n };
        self.quedan -= n;
        if self.quedan < self.inventados { Err(RechazoPixeles::FlujoDanado) } else { Ok(()) }
    }

    /// Where the next marker is expected.
    pub fn fin(&self) -> usize {
        let resto = &self.bytes[self.posicion.min(self.bytes.len())..];
        let marcador = resto.windows(2).position(|par| par[0] == 0xFF && par[1] & 0x80 != 0);
        self.posicion + marcador.unwrap_or(resto.len())
    }
}

/// Writes bits, the highest first.
#[derive(Default)]
pub(super) struct Escritor {
    pub bytes: Vec<u8>,
    actual: u32,
    ocupados: u32,
}

impl Escritor {
    /// At most 32 bits.
    pub fn escribir(&mut self, valor: u32, n: u32) {
        for i in (0..n).rev() {
            self.bit(valor >> i & 1);
        }
    }

    pub fn bit(&mut self, bit: u32) {
        let ancho = if self.bytes.last() == Some(&0xFF) { 7 } else { 8 };
        self.actual = self.actual << 1 | bit;
        self.ocupados += 1;
        if self.ocupados == ancho {
            self.bytes.push(self.actual as u8);
            (self.actual, self.ocupados) = (0, 0);
        }
    }

    /// The bytes, the last one filled with zeros.
    pub fn terminar(mut self) -> Vec<u8> {
        while self.ocupados != 0 {
            self.bit(0);
        }
        if self.bytes.last() == Some(&0xFF) {
            self.bytes.push(0);
        }
        self.bytes
    }
}

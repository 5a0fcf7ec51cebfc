//! Grey pictures with letters of eight dots, drawn larger by whole factors.

use font8x8::legacy::BASIC_LEGACY;

#[derive(Clone)]
pub struct Dibujo {
    pub ancho: usize,
    pub alto: usize,
    pub luz: Vec<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Zona {
    pub x: usize,
    pub y: usize,
    pub ancho: usize,
    pub alto: usize,
}

impl Dibujo {
    pub fn liso(ancho: usize, alto: usize, luz: u8) -> Self {
        Self { ancho, alto, luz: vec![luz; ancho * alto] }
    }

    pub fn con(ancho: usize, alto: usize, luz: impl Fn(usize, usize) -> f64) -> Self {
        let puntos = (0..ancho * alto).map(|i| luz(i % ancho, i / ancho).clamp(0.0, 255.0) as u8);
        Self { ancho, alto, luz: puntos.collect() }
    }

    /// An ellipse of tissue with organs, the edge of a bone and grain, as a CT or an MR looks.
    pub fn anatomia(ancho: usize, alto: usize) -> Self {
        let grano = ruido(7);
        Self::con(ancho, alto, |x, y| {
            let (u, v) = (x as f64 / ancho as f64 - 0.5, y as f64 / alto as f64 - 0.5);
            let radio = (u * u * 5.2 + v * v * 5.8).sqrt();
            let organos: f64 = [(0.1, 0.1, 0.13, 45.0), (-0.18, 0.02, 0.1, -30.0), (0.02, -0.2, 0.07, 60.0)]
                .iter()
                .map(|(a, b, r, luz)| luz / (1.0 + (-(r - (u - a).hypot(v - b)) * 120.0_f64).exp().recip()))
                .sum();
            let tejido = 90.0 / (1.0 + ((radio - 0.98) * 60.0).exp());
            let hueso = 110.0 * (-((radio - 0.95) * 40.0).powi(2)).exp();
            tejido + hueso + organos * 0.8 + 4.0 * grano(x, y)
        })
    }

    /// Grain without anything in it.
    pub fn grano(ancho: usize, alto: usize, desviacion: f64) -> Self {
        let grano = ruido(11);
        Self::con(ancho, alto, |x, y| 115.0 + desviacion * grano(x, y))
    }

    pub fn escribir(&mut self, texto: &str, x: usize, y: usize, aumento: usize, luz: u8) -> Zona {
        let ancho = 8 * aumento * texto.len();
        for (i, letra) in texto.bytes().enumerate() {
            for (fila, puntos) in BASIC_LEGACY[usize::from(letra)].iter().enumerate() {
                for columna in (0..8).filter(|columna| puntos >> columna & 1 == 1) {
                    self.punto(x + (8 * i + columna) * aumento, y + fila * aumento, aumento, luz);
                }
            }
        }
        Zona { x, y, ancho, alto: 8 * aumento }
    }

    fn punto(&mut self, x: usize, y: usize, lado: usize, luz: u8) {
        for fila in y..y + lado {
            self.luz[fila * self.ancho + x..][..lado].fill(luz);
        }
    }

    /// A quarter turn, so that lines run upwards.
    pub fn girado(&self) -> Self {
        let (ancho, alto) = (self.alto, self.ancho);
        let luz = (0..ancho * alto).map(|i| self.luz[(i % ancho) * self.ancho + self.ancho - 1 - i / ancho]).collect();
        Self { ancho, alto, luz }
    }
}

impl Zona {
    pub fn girada(&self, ancho: usize) -> Self {
        Self { x: self.y, y: ancho - self.x - self.ancho, ancho: self.alto, alto: self.ancho }
    }

    pub fn puntos(&self) -> impl Iterator<Item = (usize, usize)> + use<> {
        let Self { x, y, ancho, alto } = *self;
        (y..y + alto).flat_map(move |fila| (x..x + ancho).map(move |columna| (columna, fila)))
    }
}

/// Numbers around 0 with a deviation of about 1, always the same for a place.
fn ruido(semilla: u64) -> impl Fn(usize, usize) -> f64 {
    move |x, y| {
        let suma: u64 = (0..6).map(|i| mezclar(semilla ^ (x as u64) << 32 ^ (y as u64) << 8 ^ i) >> 40).sum();
        (suma as f64 / f64::from(1 << 24) - 3.0) * 1.41
    }
}

/// SplitMix64.
fn mezclar(n: u64) -> u64 {
    let n = n.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let n = (n ^ n >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let n = (n ^ n >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
    n ^ n >> 31
}

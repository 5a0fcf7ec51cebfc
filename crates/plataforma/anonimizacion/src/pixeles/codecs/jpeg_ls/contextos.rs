//! The model that encoder and decoder share (T.87, Annex A).

/// Lengths of runs, as powers of two (A.7.1).
pub(super) const J: [u32; 32] =
    [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 9, 10, 11, 12, 13, 14, 15];
const C_MINIMO: i32 = -128;
const C_MAXIMO: i32 = 127;

/// The counters of one context (A.2.1).
#[derive(Clone, Copy)]
pub(super) struct Contexto {
    pub a: i32,
    pub b: i32,
    pub c: i32,
    pub n: i32,
}

/// The counters of a context of interrupted runs.
#[derive(Clone, Copy)]
pub(super) struct ContextoDeRacha {
    pub a: i32,
    pub n: i32,
    pub negativos: i32,
}

pub(super) struct Modelo {
    pub maximo: i32,
    pub cercania: i32,
    pub rango: i32,
    pub bits_de_rango: u32,
    pub limite: u32,
    umbrales: [i32; 3],
    reinicio: i32,
    pub contextos: Vec<Contexto>,
    pub rachas: [ContextoDeRacha; 2],
}

/// `i`, or `menor` where it is out of bounds (C.2.4.1.1).
fn acotar(i: i32, menor: i32, maximo: i32) -> i32 {
    if i > maximo || i < menor { menor } else { i }
}

fn bits(valor: i32) -> u32 {
    32 - (valor - 1).max(0).leading_zeros()
}

impl Modelo {
    /// `preajuste` holds MAXVAL, T1, T2, T3 and RESET; 0 stands for the default. `None` if they make no sense.
    pub fn nuevo(precision: u32, cercania: i32, preajuste: [i32; 5]) -> Option<Self> {
        let por_defecto = |dado: i32, otro: i32| if dado == 0 { otro } else { dado };
        let maximo = por_defecto(preajuste[0], (1 << precision) - 1);
        if maximo >= 1 << precision || cercania > 255.min(maximo / 2) {
            return None;
        }
        let paso = 2 * cercania + 1;
        let rango = (maximo + 2 * cercania) / paso + 1;
        let bpp = bits(maximo + 1).max(2);
        let umbrales = umbrales(maximo, cercania);
        let umbrales: [i32; 3] = std::array::from_fn(|i| por_defecto(preajuste[i + 1], umbrales[i]));
        let a = ((rango + 32) / 64).max(2);
        Some(Self {
            maximo,
            cercania,
            rango,
            bits_de_rango: bits(rango),
            limite: 2 * (bpp + bpp.max(8)),
            umbrales,
            reinicio: por_defecto(preajuste[4], 64).max(3),
            contextos: vec![Contexto { a, b: 0, c: 0, n: 1 }; 365],
            rachas: [ContextoDeRacha { a, n: 1, negativos: 0 }; 2],
        })
    }

    fn cuantizar(&self, d: i32) -> i32 {
        let [t1, t2, t3] = self.umbrales;
        let magnitud = d.abs();
        let nivel = if magnitud <= self.cercania {
            0
        } else if magnitud < t1 {
            1
        } else if magnitud < t2 {
            2
        } else if magnitud < t3 {
            3
        } else {
            4
        };
        if d < 0 { -nivel } else { nivel }
    }

    /// The number of the context and its sign; 0 asks for a run (A.3.3, A.3.4).
    pub fn contexto(&self, ra: i32, rb: i32, rc: i32, rd: i32) -> (usize, i32) {
        let q = (self.cuantizar(rd - rb) * 9 + self.cuantizar(rb - rc)) * 9 + self.cuantizar(rc - ra);
        (q.unsigned_abs() as usize, if q < 0 { -1 } else { 1 })
    }

    /// The prediction, corrected and bounded (A.4).
    pub fn prediccion(&self, q: usize, signo: i32, ra: i32, rb: i32, rc: i32) -> i32 {
        let mediana = if rc >= ra.max(rb) {
            ra.min(rb)
        } else if rc <= ra.min(rb) {
            ra.max(rb)
        } else {
            ra + rb - rc
        };
        (mediana + signo * self.contextos[q].c).clamp(0, self.maximo)
    }

    /// The value that a prediction and an error stand for (A.4.4, A.8).
    pub fn reconstruir(&self, prediccion: i32, error: i32) -> i32 {
        let paso = 2 * self.cercania + 1;
        let mut valor = prediccion + error * paso;
        if valor < -self.cercania {
            valor += self.rango * paso;
        } else if valor > self.maximo + self.cercania {
            valor -= self.rango * paso;
        }
        valor.clamp(0, self.maximo)
    }

    /// Brings an error of the encoder into the range (A.4.5).
    pub fn reducir(&self, error: i32) -> i32 {
        let error = if error < 0 { error + self.rango } else { error };
        if error >= (self.rango + 1) / 2 { error - self.rango } else { error }
    }

    /// Learns from an error (A.6).
    pub fn aprender(&mut self, q: usize, error: i32) {
        let c = &mut self.contextos[q];
        c.b += error * (2 * self.cercania + 1);
        c.a += error.abs();
        if c.n == self.reinicio {
            c.a >>= 1;
            c.b >>= 1;
            c.n >>= 1;
        }
        c.n += 1;
        if c.b <= -c.n {
            c.b = (c.b + c.n).max(1 - c.n);
            c.c = (c.c - 1).max(C_MINIMO);
        } else if c.b > 0 {
            c.b = (c.b - c.n).min(0);
            c.c = (c.c + 1).min(C_MAXIMO);
        }
    }

    /// Learns from the error that ended a run (A.7.2).
    pub fn aprender_racha(&mut self, tipo: usize, error: i32, escrito: i32) {
        let c = &mut self.rachas[tipo];
        if error < 0 {
            c.negativos += 1;
        }
        c.a += (escrito + 1 - tipo as i32) >> 1;
        if c.n == self.reinicio {
            c.a >>= 1;
            c.n >>= 1;
            c.negativos >>= 1;
        }
        c.n += 1;
    }
}

impl Contexto {
    /// The parameter of the Golomb code (A.5.1).
    pub fn k(&self) -> u32 {
        k(self.n, self.a)
    }
}

impl ContextoDeRacha {
    pub fn k(&self, tipo: usize) -> u32 {
        k(self.n, if tipo == 0 { self.a } else { self.a + (self.n >> 1) })
    }
}

fn k(n: i32, a: i32) -> u32 {
    (0..24).find(|k| n << k >= a).unwrap_or(24)
}

/// The default thresholds (C.2.4.1.1).
fn umbrales(maximo: i32, cercania: i32) -> [i32; 3] {
    let [base1, base2, base3] = if maximo >= 128 {
        let factor = (maximo.min(4095) + 128) / 256;
        [factor + 2 + 3 * cercania, factor * 4 + 3 + 5 * cercania, factor * 17 + 4 + 7 * cercania]
    } else {
        let factor = 256 / (maximo + 1);
        [(3 / factor + 3 * cercania).max(2), (7 / factor + 5 * cercania).max(3), (21 / factor + 7 * cercania).max(4)]
    };
    let t1 = acotar(base1, cercania + 1, maximo);
    let t2 = acotar(base2, t1, maximo);
    [t1, t2, acotar(base3, t2, maximo)]
}

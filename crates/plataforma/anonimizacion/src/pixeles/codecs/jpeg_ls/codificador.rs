use super::{
    bits::Escritor,
    contextos::{J, Modelo},
};

/// Encodes samples, pixel after pixel, without loss: one scan for each component.
pub(crate) fn codificar(muestras: &[u16], ancho: usize, alto: usize, componentes: usize, precision: u32) -> Vec<u8> {
    let dos = |n: usize| [(n >> 8) as u8, n as u8];
    let mut salida = vec![0xFF, 0xD8, 0xFF, 0xF7];
    salida.extend(dos(8 + 3 * componentes));
    salida.push(precision as u8);
    salida.extend(dos(alto));
    salida.extend(dos(ancho));
    salida.push(componentes as u8);
    for i in 1..=componentes {
        salida.extend([i as u8, 0x11, 0]);
    }
    for i in 0..componentes {
        salida.extend([0xFF, 0xDA, 0, 8, 1, i as u8 + 1, 0, 0, 0, 0]);
        let plano: Vec<i32> = muestras.iter().skip(i).step_by(componentes).map(|m| i32::from(*m)).collect();
        if let Some(barrido) = Codificador::nuevo(ancho, precision) {
            salida.extend(barrido.plano(&plano));
        }
    }
    salida.extend([0xFF, 0xD9]);
    salida
}

struct Codificador {
    escritor: Escritor,
    modelo: Modelo,
    ancho: usize,
    racha: usize,
}

impl Codificador {
    fn nuevo(ancho: usize, precision: u32) -> Option<Self> {
        let modelo = Modelo::nuevo(precision, 0, [0; 5])?;
        Some(Self { escritor: Escritor::default(), modelo, ancho, racha: 0 })
    }

    fn plano(mut self, plano: &[i32]) -> Vec<u8> {
        let mut previa = vec![0; self.ancho + 2];
        let mut actual = vec![0; self.ancho + 2];
        for fila in plano.chunks_exact(self.ancho) {
            previa[self.ancho + 1] = previa[self.ancho];
            actual[0] = previa[1];
            actual[1..=self.ancho].copy_from_slice(fila);
            self.linea(&previa, &actual);
            std::mem::swap(&mut previa, &mut actual);
        }
        self.escritor.terminar()
    }

    fn linea(&mut self, previa: &[i32], actual: &[i32]) {
        let mut x = 1;
        while x <= self.ancho {
            let (ra, rb, rc, rd) = (actual[x - 1], previa[x], previa[x - 1], previa[x + 1]);
            let (q, signo) = self.modelo.contexto(ra, rb, rc, rd);
            if q != 0 {
                self.regular(q, signo, actual[x], [ra, rb, rc]);
                x += 1;
                continue;
            }
            let largo = actual[x..=self.ancho].iter().take_while(|valor| **valor == ra).count();
            x += largo;
            self.racha(largo, x > self.ancho);
            if x <= self.ancho {
                self.interrupcion(ra, previa[x], actual[x]);
                x += 1;
            }
        }
    }

    fn regular(&mut self, q: usize, signo: i32, valor: i32, [ra, rb, rc]: [i32; 3]) {
        let prediccion = self.modelo.prediccion(q, signo, ra, rb, rc);
        let error = self.modelo.reducir(signo * (valor - prediccion));
        let contexto = self.modelo.contextos[q];
        let k = contexto.k();
        let visto = if k == 0 && 2 * contexto.b <= -contexto.n { -error - 1 } else { error };
        let escrito = if visto >= 0 { 2 * visto } else { -2 * visto - 1 };
        self.golomb(escrito as u32, k, self.modelo.limite);
        self.modelo.aprender(q, error);
    }

    fn golomb(&mut self, valor: u32, k: u32, limite: u32) {
        let escape = limite - self.modelo.bits_de_rango - 1;
        let ceros = (valor >> k).min(escape);
        for _ in 0..ceros {
            self.escritor.bit(0);
        }
        self.escritor.bit(1);
        if ceros < escape {
            self.escritor.escribir(valor, k);
        } else {
            self.escritor.escribir(valor - 1, self.modelo.bits_de_rango);
        }
    }

    fn racha(&mut self, mut largo: usize, hasta_el_final: bool) {
        while largo >= 1 << J[self.racha] {
            self.escritor.bit(1);
            largo -= 1 << J[self.racha];
            self.racha = (self.racha + 1).min(31);
        }
        if !hasta_el_final {
            self.escritor.bit(0);
            self.escritor.escribir(largo as u32, J[self.racha]);
        } else if largo > 0 {
            self.escritor.bit(1);
        }
    }

    fn interrupcion(&mut self, ra: i32, rb: i32, valor: i32) {
        let tipo = usize::from(ra == rb);
        let (prediccion, signo) = if tipo == 1 { (ra, 1) } else { (rb, if ra > rb { -1 } else { 1 }) };
        let error = self.modelo.reducir(signo * (valor - prediccion));
        let contexto = self.modelo.rachas[tipo];
        let k = contexto.k(tipo);
        let mas_negativos = 2 * contexto.negativos >= contexto.n;
        let mapa = match error.signum() {
            1 => k == 0 && !mas_negativos,
            -1 => k != 0 || mas_negativos,
            _ => false,
        };
        let escrito = 2 * error.abs() - tipo as i32 - i32::from(mapa);
        self.golomb(escrito as u32, k, self.modelo.limite - J[self.racha] - 1);
        self.modelo.aprender_racha(tipo, error, escrito);
        self.racha = self.racha.saturating_sub(1);
    }
}

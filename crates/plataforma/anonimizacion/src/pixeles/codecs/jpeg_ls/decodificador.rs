use super::{
    bits::Lector,
    cabecera::{Barrido, Cabecera},
    contextos::{J, Modelo},
};
use crate::pixeles::informe::RechazoPixeles;

/// Two lines of one component, with a margin of one sample on both sides.
struct Lineas {
    previa: Vec<i32>,
    actual: Vec<i32>,
    racha: usize,
}

struct Decodificador<'a> {
    lector: Lector<'a>,
    modelo: Modelo,
    ancho: usize,
}

/// Decodes a stream to its samples, pixel after pixel.
///
/// The caller has checked that the size in `cabecera` is the one it expects.
pub(crate) fn decodificar(bytes: &[u8], cabecera: &Cabecera) -> Result<Vec<u16>, RechazoPixeles> {
    let mut salida = vec![0_u16; cabecera.alto * cabecera.ancho * cabecera.componentes];
    let (mut en, mut primero) = (cabecera.primer_barrido, 0);
    while primero < cabecera.componentes {
        let barrido = cabecera.barrido(bytes, en)?;
        let fin = decodificar_barrido(&bytes[barrido.datos..], cabecera, barrido, primero, &mut salida)?;
        primero += barrido.componentes;
        en = barrido.datos + fin + 2;
        let quedan = primero < cabecera.componentes;
        if quedan && bytes.get(en - 2..en) != Some(&[0xFF, 0xDA]) {
            return Err(RechazoPixeles::FlujoDanado);
        }
    }
    Ok(salida)
}

fn decodificar_barrido(
    datos: &[u8],
    cabecera: &Cabecera,
    barrido: Barrido,
    primero: usize,
    salida: &mut [u16],
) -> Result<usize, RechazoPixeles> {
    let modelo = Modelo::nuevo(cabecera.precision, barrido.cercania, cabecera.preajuste);
    let modelo = modelo.ok_or(RechazoPixeles::FlujoIncoherente)?;
    let ancho = cabecera.ancho;
    let mut decodificador = Decodificador { lector: Lector::nuevo(datos), modelo, ancho };
    let mut lineas: Vec<Lineas> = (0..barrido.componentes)
        .map(|_| Lineas { previa: vec![0; ancho + 2], actual: vec![0; ancho + 2], racha: 0 })
        .collect();
    for fila in salida.chunks_exact_mut(ancho * cabecera.componentes) {
        for linea in &mut lineas {
            linea.empezar();
        }
        if barrido.intercalado == 2 {
            decodificador.linea_por_muestras(&mut lineas)?;
        } else {
            for linea in &mut lineas {
                decodificador.linea(linea)?;
            }
        }
        for (i, linea) in lineas.iter_mut().enumerate() {
            for (pixel, valor) in fila.chunks_exact_mut(cabecera.componentes).zip(&linea.actual[1..]) {
                pixel[primero + i] = *valor as u16;
            }
            std::mem::swap(&mut linea.previa, &mut linea.actual);
        }
    }
    Ok(decodificador.lector.fin())
}

impl Lineas {
    /// Sets the margins of a new line (A.2.1).
    fn empezar(&mut self) {
        let ultimo = self.previa.len() - 1;
        self.previa[ultimo] = self.previa[ultimo - 1];
        self.actual[0] = self.previa[1];
    }

    /// Ra, Rb, Rc and Rd of the sample at `x`, counted from 1.
    fn vecinos(&self, x: usize) -> (i32, i32, i32, i32) {
        (self.actual[x - 1], self.previa[x], self.previa[x - 1], self.previa[x + 1])
    }
}

impl Decodificador<'_> {
    fn linea(&mut self, linea: &mut Lineas) -> Result<(), RechazoPixeles> {
        let mut x = 1;
        while x <= self.ancho {
            let (ra, rb, rc, rd) = linea.vecinos(x);
            let (q, signo) = self.modelo.contexto(ra, rb, rc, rd);
            if q != 0 {
                linea.actual[x] = self.regular(q, signo, ra, rb, rc)?;
                x += 1;
                continue;
            }
            let largo = self.racha(&mut linea.racha, self.ancho + 1 - x)?;
            linea.actual[x..x + largo].fill(ra);
            x += largo;
            if x <= self.ancho {
                let rb = linea.previa[x];
                let tipo = usize::from((ra - rb).abs() <= self.modelo.cercania);
                linea.actual[x] = self.interrupcion(tipo, ra, rb, linea.racha)?;
                linea.racha = linea.racha.saturating_sub(1);
                x += 1;
            }
        }
        Ok(())
    }

    fn linea_por_muestras(&mut self, lineas: &mut [Lineas]) -> Result<(), RechazoPixeles> {
        let mut x = 1;
        while x <= self.ancho {
            let en_racha = lineas.iter().all(|linea| {
                let (ra, rb, rc, rd) = linea.vecinos(x);
                self.modelo.contexto(ra, rb, rc, rd).0 == 0
            });
            if !en_racha {
                for linea in lineas.iter_mut() {
                    let (ra, rb, rc, rd) = linea.vecinos(x);
                    let (q, signo) = self.modelo.contexto(ra, rb, rc, rd);
                    linea.actual[x] = self.regular(q, signo, ra, rb, rc)?;
                }
                x += 1;
                continue;
            }
            let largo = self.racha(&mut lineas[0].racha, self.ancho + 1 - x)?;
            for linea in lineas.iter_mut() {
                let ra = linea.actual[x - 1];
                linea.actual[x..x + largo].fill(ra);
            }
            x += largo;
            if x <= self.ancho {
                let indice = lineas[0].racha;
                for linea in lineas.iter_mut() {
                    let (ra, rb) = (linea.actual[x - 1], linea.previa[x]);
                    linea.actual[x] = self.interrupcion(0, ra, rb, indice)?;
                }
                lineas[0].racha = indice.saturating_sub(1);
                x += 1;
            }
        }
        Ok(())
    }

    fn regular(&mut self, q: usize, signo: i32, ra: i32, rb: i32, rc: i32) -> Result<i32, RechazoPixeles> {
        let prediccion = self.modelo.prediccion(q, signo, ra, rb, rc);
        let contexto = self.modelo.contextos[q];
        let k = contexto.k();
        let escrito = self.golomb(k, self.modelo.limite)?;
        let mitad = escrito >> 1;
        let mut error = if escrito & 1 == 0 { mitad } else { -mitad - 1 };
        if self.modelo.cercania == 0 && k == 0 && 2 * contexto.b <= -contexto.n {
            error = -error - 1;
        }
        self.modelo.aprender(q, error);
        Ok(self.modelo.reconstruir(prediccion, signo * error))
    }

    fn golomb(&mut self, k: u32, limite: u32) -> Result<i32, RechazoPixeles> {
        let escape = limite - self.modelo.bits_de_rango - 1;
        let ceros = self.lector.ceros(escape)?;
        let valor = if ceros < escape {
            ceros << k | self.lector.leer(k)?
        } else {
            self.lector.leer(self.modelo.bits_de_rango)? + 1
        };
        if valor > 2 * self.modelo.rango as u32 { Err(RechazoPixeles::FlujoDanado) } else { Ok(valor as i32) }
    }

    /// The length of a run, at most `quedan` (A.7.1.2).
    fn racha(&mut self, indice: &mut usize, quedan: usize) -> Result<usize, RechazoPixeles> {
        let mut largo = 0;
        while self.lector.leer(1)? == 1 {
            let bloque = 1 << J[*indice];
            if largo + bloque <= quedan {
                *indice = (*indice + 1).min(31);
            }
            largo = (largo + bloque).min(quedan);
            if largo == quedan {
                return Ok(largo);
            }
        }
        largo += self.lector.leer(J[*indice])? as usize;
        if largo < quedan { Ok(largo) } else { Err(RechazoPixeles::FlujoDanado) }
    }

    /// The sample that ends a run (A.7.2).
    fn interrupcion(&mut self, tipo: usize, ra: i32, rb: i32, indice: usize) -> Result<i32, RechazoPixeles> {
        let contexto = self.modelo.rachas[tipo];
        let k = contexto.k(tipo);
        let escrito = self.golomb(k, self.modelo.limite - J[indice] - 1)?;
        let doble = escrito + tipo as i32;
        let impar = doble & 1 == 1;
        let magnitud = (doble + 1) >> 1;
        let error = if (k != 0 || 2 * contexto.negativos >= contexto.n) == impar { -magnitud } else { magnitud };
        self.modelo.aprender_racha(tipo, error, escrito);
        let (prediccion, signo) = if tipo == 1 { (ra, 1) } else { (rb, if ra > rb { -1 } else { 1 }) };
        Ok(self.modelo.reconstruir(prediccion, signo * error))
    }
}

//! Text in the frames of an image: in each of them, and in what does not move from one to the next.

use std::collections::BTreeSet;

use super::{
    bits_ocultos,
    datos::Datos,
    detector::{Plano, Rigor, detectar},
    forma::Forma,
    informe::{Origen, RechazoPixeles, Region},
    paleta::Paleta,
    planos::plano,
    politica::Recuadro,
    relleno::{Relleno, relleno, tapar},
};

/// Times that a frame is looked at again after blanking what was found.
const REPASOS: usize = 8;
/// The shortest sequence whose still parts are looked at.
const SECUENCIA: u32 = 3;

/// How the frames of an image are looked at.
pub(crate) struct Busqueda<'a> {
    pub datos: &'a Datos<'a>,
    pub paleta: Option<&'a Paleta>,
    pub rigor: Rigor,
}

/// A frame with its hidden bits cleared, and black for it.
pub(crate) struct Cuadro {
    pub bytes: Vec<u8>,
    pub forma: Forma,
    pub relleno: Relleno,
    pub bits_ocultos: u64,
    pub tapados: Vec<Recuadro>,
}

/// Decodes a frame and clears the bits that nobody sees.
pub(crate) fn cuadro(datos: &Datos<'_>, paleta: Option<&Paleta>, numero: u32) -> Result<Cuadro, RechazoPixeles> {
    let (bytes, forma) = datos.decodificado(numero)?;
    let (mut bytes, forma) = (bytes.into_owned(), forma.into_owned());
    let bits_ocultos = bits_ocultos::limpiar(&mut bytes, &forma);
    let relleno = relleno(&bytes, &forma, numero as usize, paleta)?;
    Ok(Cuadro { bytes, forma, relleno, bits_ocultos, tapados: Vec::new() })
}

impl Busqueda<'_> {
    /// Everything to blank besides `conocidas`, and the hidden bits that were seen.
    pub fn regiones(&self, conocidas: &[Region]) -> Result<(Vec<Region>, u64), RechazoPixeles> {
        let mut todas = conocidas.to_vec();
        let mut bits_ocultos = 0;
        for _ in 0..REPASOS {
            let (nuevas, ocultos) = self.recorrer(&todas)?;
            bits_ocultos = ocultos;
            let hay_mas = !nuevas.is_empty();
            todas.extend(nuevas);
            // A single frame has been looked at until nothing was left.
            if !hay_mas || self.datos.cuadros == 1 {
                return Ok((todas.split_off(conocidas.len()), bits_ocultos));
            }
        }
        if self.recorrer(&todas)?.0.is_empty() {
            Ok((todas.split_off(conocidas.len()), bits_ocultos))
        } else {
            Err(RechazoPixeles::TextoRestante)
        }
    }

    /// Looks at every frame once with `conocidas` blank.
    fn recorrer(&self, conocidas: &[Region]) -> Result<(Vec<Region>, u64), RechazoPixeles> {
        let mut halladas = Halladas::default();
        let mut quieto = Quieto::default();
        let mut ocultos = 0;
        for numero in 0..self.datos.cuadros {
            let mut cuadro = cuadro(self.datos, self.paleta, numero)?;
            ocultos += cuadro.bits_ocultos;
            let suyas: Vec<Recuadro> = del_cuadro(conocidas, numero).chain(halladas.fijas.iter().copied()).collect();
            cuadro.tapar(numero, &suyas);
            let mirado = self.plano(&cuadro, numero);
            if self.datos.cuadros >= SECUENCIA {
                quieto.sumar(&mirado);
            }
            halladas.anadir(numero, self.repasar(&mut cuadro, numero, mirado)?);
        }
        halladas.fijas.extend(quieto.planos().iter().flat_map(|plano| detectar(plano, self.rigor)));
        Ok((halladas.regiones(), ocultos))
    }

    fn plano(&self, cuadro: &Cuadro, numero: u32) -> Plano {
        plano(&cuadro.bytes, &cuadro.forma, numero as usize, self.paleta, cuadro.tapados.clone())
    }

    /// Looks, blanks and looks again until nothing more is found.
    fn repasar(&self, cuadro: &mut Cuadro, numero: u32, primero: Plano) -> Result<Vec<Recuadro>, RechazoPixeles> {
        let mut todas = Vec::new();
        let mut mirado = primero;
        for _ in 0..REPASOS {
            let nuevas = detectar(&mirado, self.rigor);
            if nuevas.is_empty() {
                return Ok(todas);
            }
            cuadro.tapar(numero, &nuevas);
            todas.extend(nuevas);
            mirado = self.plano(cuadro, numero);
        }
        if detectar(&mirado, self.rigor).is_empty() { Ok(todas) } else { Err(RechazoPixeles::TextoRestante) }
    }

    /// Whether nothing is found in a finished frame outside of its blank boxes.
    pub fn sin_texto(&self, numero: u32, tapados: Vec<Recuadro>) -> Result<bool, RechazoPixeles> {
        let (bytes, forma) = self.datos.decodificado(numero)?;
        Ok(detectar(&plano(&bytes, &forma, numero as usize, self.paleta, tapados), self.rigor).is_empty())
    }
}

impl Cuadro {
    pub fn tapar(&mut self, numero: u32, recuadros: &[Recuadro]) {
        tapar(&mut self.bytes, &self.forma, numero as usize, recuadros, self.relleno);
        self.tapados.extend(recuadros);
    }
}

fn del_cuadro(regiones: &[Region], numero: u32) -> impl Iterator<Item = Recuadro> {
    let suyas = regiones.iter().filter(move |r| r.caja.cuadro.is_none_or(|uno| uno == numero));
    suyas.map(|r| r.caja.recuadro())
}

/// Boxes by frame; those that come twice in a row are taken to be in every frame.
#[derive(Default)]
struct Halladas {
    fijas: Vec<Recuadro>,
    sueltas: Vec<(u32, Recuadro)>,
    anteriores: Vec<Recuadro>,
}

impl Halladas {
    fn anadir(&mut self, numero: u32, nuevas: Vec<Recuadro>) {
        for caja in &nuevas {
            match self.anteriores.iter().find(|otra| coinciden(otra, caja)) {
                Some(otra) => self.fijas.push(otra.union(caja)),
                None => self.sueltas.push((numero, *caja)),
            }
        }
        self.anteriores = nuevas;
    }

    fn regiones(self) -> Vec<Region> {
        let Self { fijas, sueltas, .. } = self;
        let contenida = |caja: &Recuadro| fijas.iter().any(|fija| fija.comun(caja) == Some(*caja));
        let sueltas: Vec<_> = sueltas.into_iter().filter(|(_, caja)| !contenida(caja)).collect();
        let fijas = fijas.iter().map(|caja| Region::nueva(caja, None, Origen::Texto));
        fijas.chain(sueltas.iter().map(|(n, caja)| Region::nueva(caja, Some(*n), Origen::Texto))).collect()
    }
}

/// Whether two boxes share more than half of both.
fn coinciden(una: &Recuadro, otra: &Recuadro) -> bool {
    let comun = una.comun(otra).map_or(0, |c| c.area());
    comun * 2 > una.area().max(otra.area())
}

/// The darkest, the brightest and the mean light of each place over the frames.
#[derive(Default)]
struct Quieto {
    ancho: usize,
    alto: usize,
    minimo: Vec<u8>,
    maximo: Vec<u8>,
    suma: Vec<u32>,
    cuadros: u32,
    /// Blank in some frame.
    tapados: BTreeSet<Recuadro>,
}

impl Quieto {
    fn sumar(&mut self, plano: &Plano) {
        let luz = plano.luz();
        if self.cuadros == 0 {
            (self.ancho, self.alto) = (plano.ancho, plano.alto);
            (self.minimo, self.maximo, self.suma) = (luz.clone(), luz.clone(), vec![0; luz.len()]);
        }
        self.minimo.iter_mut().zip(&luz).for_each(|(minimo, l)| *minimo = (*minimo).min(*l));
        self.maximo.iter_mut().zip(&luz).for_each(|(maximo, l)| *maximo = (*maximo).max(*l));
        self.suma.iter_mut().zip(&luz).for_each(|(suma, l)| *suma += u32::from(*l));
        self.cuadros += 1;
        self.tapados.extend(&plano.tapados);
    }

    fn planos(self) -> Vec<Plano> {
        if self.cuadros == 0 {
            return Vec::new();
        }
        let media = self.suma.iter().map(|suma| (suma / self.cuadros) as u8).collect();
        let tapados: Vec<Recuadro> = self.tapados.into_iter().collect();
        let plano = |canal| Plano { tapados: tapados.clone(), ..Plano::nuevo(self.ancho, self.alto, vec![canal]) };
        [self.minimo, self.maximo, media].into_iter().map(plano).collect()
    }
}

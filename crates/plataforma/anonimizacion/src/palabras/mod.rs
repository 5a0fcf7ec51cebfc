//! What the table does not know: a file's own identifying words, looked for wherever they may still stand.

mod bytes;
mod comunes;
mod patrones;
mod plegado;
mod recoleccion;
mod tramos;

use std::{collections::HashSet, ops::Range};

use aho_corasick::{AhoCorasick, AhoCorasickKind, BuildError};
use chrono::NaiveDate;

pub(crate) use recoleccion::recoger;

use plegado::Plegado;
use tramos::Tramo;

/// What takes the place of a word in a text.
pub(crate) const TACHADO: &str = "*";
/// How many neighbouring tokens may together be one number or name.
const TOKENS_JUNTOS: usize = 8;

/// The words of one file. Letters compare without case, accents or width.
#[derive(Debug, Default)]
pub(crate) struct Palabras {
    buscador: Option<AhoCorasick>,
    sueltas: Vec<Palabra>,
    /// Names and numbers without anything between their letters and digits.
    juntas: HashSet<String>,
    juntas_de_lugar: HashSet<String>,
    largo_junto: Range<usize>,
    fechas: HashSet<NaiveDate>,
    uid: HashSet<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Palabra {
    texto: String,
    /// Only where it is no part of a longer word or number.
    entera: bool,
    /// Of a place or device, not of a person.
    lugar: bool,
}

impl Palabra {
    fn es_numero(&self) -> bool {
        self.texto.bytes().all(|byte| byte.is_ascii_digit())
    }
}

/// How carefully a text is treated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lectura {
    /// Anything may stand here.
    Libre,
    /// A code or a term: only whole words count.
    Codigo,
    /// The name of a maker or a model: the words of places and devices do not count.
    Fabricante,
    /// A number.
    Numero,
}

impl Palabras {
    /// Without a searcher nothing would be found and all would look clean: that it cannot be built is an error.
    pub(super) fn nuevas(sueltas: HashSet<Palabra>, resto: Self) -> Result<Self, BuildError> {
        let sueltas: Vec<Palabra> = sueltas.into_iter().collect();
        let buscador = AhoCorasick::builder()
            .kind(Some(AhoCorasickKind::NoncontiguousNFA))
            .build(sueltas.iter().map(|palabra| palabra.texto.as_bytes()))?;
        let largos = || resto.juntas.iter().chain(&resto.juntas_de_lugar).map(String::len);
        let largo_junto = largos().min().unwrap_or(0)..largos().max().map_or(0, |largo| largo + 1);
        Ok(Self { buscador: Some(buscador), sueltas, largo_junto, ..resto })
    }

    /// The text without its identifying words, and how many there were; none if it has none.
    pub fn limpiar(&self, texto: &str, lectura: Lectura) -> Option<(String, usize)> {
        tachar(texto, &self.buscar(texto, lectura))
    }

    /// A description without its identifying words, nor what identifies by its form.
    pub fn limpiar_descriptor(&self, texto: &str) -> Option<(String, usize)> {
        let mut marcas = self.buscar(texto, Lectura::Libre);
        marcas.extend(patrones::buscar(texto));
        tachar(texto, &unir(marcas))
    }

    pub fn alguna_en(&self, texto: &str, lectura: Lectura) -> bool {
        !self.buscar(texto, lectura).is_empty()
    }

    /// Whether a text is one of the file's own UIDs.
    pub fn es_uid(&self, texto: &str) -> bool {
        self.uid.contains(texto)
    }

    /// Ranges of the text in order, none of them touching another.
    fn buscar(&self, texto: &str, lectura: Lectura) -> Vec<Range<usize>> {
        if texto.len() < 2 {
            return Vec::new();
        }
        if lectura == Lectura::Numero {
            return self.buscar_numeros(texto);
        }
        let plegado = Plegado::de(texto);
        let mut marcas = Vec::new();
        self.marcar_sueltas(&plegado.texto, lectura, &mut marcas);
        let tramos = tramos::de(&plegado.texto);
        self.marcar_juntas(&plegado.texto, &tramos, lectura, &mut marcas);
        tramos::fechas(&plegado.texto, &tramos, true, &mut |fecha, rango| {
            if self.fechas.contains(&fecha) {
                marcas.push(rango);
            }
        });
        if lectura == Lectura::Libre {
            tramos::uid(&plegado.texto, &mut |uid, rango| {
                if self.uid.contains(uid) {
                    marcas.push(rango);
                }
            });
        }
        unir(marcas.into_iter().map(|marca| plegado.original(marca)).collect())
    }

    /// Whole values of digits only: measures have points, exponents or few digits.
    fn buscar_numeros(&self, texto: &str) -> Vec<Range<usize>> {
        let mut marcas = Vec::new();
        let mut desde = 0;
        for valor in texto.split('\\') {
            let numero = valor.trim();
            let solo_digitos = numero.len() >= 5 && numero.bytes().all(|byte| byte.is_ascii_digit());
            let fecha = || (numero.len() == 8).then(|| crate::fechas::leer(numero)).flatten();
            if solo_digitos
                && (self.juntas.contains(numero)
                    || self.juntas_de_lugar.contains(numero)
                    || fecha().is_some_and(|fecha| self.fechas.contains(&fecha)))
            {
                marcas.push(desde..desde + valor.len());
            }
            desde += valor.len() + 1;
        }
        marcas
    }

    fn marcar_sueltas(&self, plegado: &str, lectura: Lectura, marcas: &mut Vec<Range<usize>>) {
        let Some(buscador) = &self.buscador else { return };
        for hallada in buscador.find_overlapping_iter(plegado.as_bytes()) {
            let palabra = &self.sueltas[hallada.pattern().as_usize()];
            let entera = palabra.entera || lectura != Lectura::Libre;
            let fuera = lectura == Lectura::Fabricante && palabra.lugar;
            let rango = hallada.range();
            if !fuera && (!entera || tramos::aislado(plegado, &rango)) {
                marcas.push(rango);
            }
        }
    }

    fn marcar_juntas(&self, plegado: &str, tramos: &[Tramo], lectura: Lectura, marcas: &mut Vec<Range<usize>>) {
        if self.largo_junto.is_empty() {
            return;
        }
        let mut junto = String::new();
        for (lugar, primero) in tramos.iter().enumerate() {
            junto.clear();
            let mut anterior = primero.rango.start;
            for tramo in tramos.iter().skip(lugar).take(TOKENS_JUNTOS) {
                if tramo.rango.start - anterior > 2 {
                    break;
                }
                junto.push_str(&plegado[tramo.rango.clone()]);
                anterior = tramo.rango.end;
                if junto.len() >= self.largo_junto.end {
                    break;
                }
                let hay = junto.len() >= self.largo_junto.start
                    && (self.juntas.contains(&junto)
                        || lectura != Lectura::Fabricante && self.juntas_de_lugar.contains(&junto));
                let rango = primero.rango.start..tramo.rango.end;
                if hay && tramos::aislado(plegado, &rango) {
                    marcas.push(rango);
                }
            }
        }
    }
}

fn tachar(texto: &str, marcas: &[Range<usize>]) -> Option<(String, usize)> {
    if marcas.is_empty() {
        return None;
    }
    let mut limpio = String::with_capacity(texto.len());
    let mut desde = 0;
    for marca in marcas {
        limpio.push_str(texto.get(desde..marca.start).unwrap_or_default());
        limpio.push_str(TACHADO);
        desde = marca.end;
    }
    limpio.push_str(texto.get(desde..).unwrap_or_default());
    Some((limpio, marcas.len()))
}

fn unir(mut marcas: Vec<Range<usize>>) -> Vec<Range<usize>> {
    marcas.sort_by_key(|marca| marca.start);
    let mut unidas: Vec<Range<usize>> = Vec::with_capacity(marcas.len());
    for marca in marcas {
        match unidas.last_mut().filter(|ultima| marca.start <= ultima.end) {
            Some(ultima) => ultima.end = ultima.end.max(marca.end),
            None => unidas.push(marca),
        }
    }
    unidas
}

#[cfg(test)]
mod tests;

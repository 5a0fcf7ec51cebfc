//! Words in values that are not declared as text.

use std::borrow::Cow;

use super::{Lectura, Palabras};

/// Shorter words turn up by chance among numbers.
const LARGO_ENTRE_NUMEROS: usize = 5;

impl Palabras {
    /// The bytes with every word blanked out, of the same length; none if there is nothing to blank.
    pub fn limpiar_bytes(&self, bytes: &[u8]) -> Option<(Vec<u8>, usize)> {
        match legible(bytes) {
            Some(texto) => self.limpiar_legible(bytes, &texto),
            None => self.limpiar_binario(bytes),
        }
    }

    /// Whether a name or a number of a person stands, whole, among bytes whose meaning is not looked at.
    pub fn en_crudo(&self, bytes: &[u8]) -> bool {
        let Some(buscador) = &self.buscador else { return false };
        let plegados = bytes.to_ascii_lowercase();
        buscador.find_overlapping_iter(&plegados).any(|hallada| {
            let palabra = &self.sueltas[hallada.pattern().as_usize()];
            let de_fecha = palabra.texto.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
            palabra.texto.len() > LARGO_ENTRE_NUMEROS
                && !palabra.lugar
                && !de_fecha
                && entre_bordes(&plegados, hallada.start(), hallada.end(), palabra.es_numero())
        })
    }

    fn limpiar_legible(&self, bytes: &[u8], texto: &str) -> Option<(Vec<u8>, usize)> {
        let marcas = self.buscar(texto, Lectura::Libre);
        if marcas.is_empty() {
            return None;
        }
        let mut limpios = bytes.to_vec();
        // A text of Latin-1 has one character for each byte, one of UTF-8 has the bytes themselves.
        let mismo = texto.len() == bytes.len();
        for marca in &marcas {
            let rango = if mismo {
                marca.clone()
            } else {
                texto.get(..marca.start)?.chars().count()..texto.get(..marca.end)?.chars().count()
            };
            limpios.get_mut(rango)?.fill(b' ');
        }
        Some((limpios, marcas.len()))
    }

    fn limpiar_binario(&self, bytes: &[u8]) -> Option<(Vec<u8>, usize)> {
        let buscador = self.buscador.as_ref()?;
        let plegados = bytes.to_ascii_lowercase();
        let mut limpios: Option<Vec<u8>> = None;
        let mut cuantas = 0;
        for (datos, paso) in [(Cow::Borrowed(&plegados[..]), 1), (sin_ceros(&plegados), 2)] {
            for hallada in buscador.find_overlapping_iter(&*datos) {
                let palabra = &self.sueltas[hallada.pattern().as_usize()];
                if palabra.texto.len() < LARGO_ENTRE_NUMEROS || !palabra.texto.is_ascii() {
                    continue;
                }
                let rango = hallada.start() * paso..hallada.end() * paso;
                if let Some(trozo) = limpios.get_or_insert_with(|| bytes.to_vec()).get_mut(rango) {
                    trozo.fill(b' ');
                    cuantas += 1;
                }
            }
        }
        limpios.map(|limpios| (limpios, cuantas))
    }
}

/// Digits beside a point are part of a measure or of a UID.
fn entre_bordes(bytes: &[u8], inicio: usize, fin: usize, numero: bool) -> bool {
    let antes = inicio.checked_sub(1).and_then(|antes| bytes.get(antes));
    let sigue = |byte: &u8| byte.is_ascii_alphanumeric() || numero && *byte == b'.';
    ![antes, bytes.get(fin)].into_iter().flatten().any(sigue)
}

/// Every other byte of what looks like UTF-16; nothing otherwise.
fn sin_ceros(bytes: &[u8]) -> Cow<'_, [u8]> {
    let ceros = bytes.iter().skip(1).step_by(2).filter(|byte| **byte == 0).count();
    if ceros * 3 < bytes.len() { Cow::Borrowed(&[]) } else { bytes.iter().copied().step_by(2).collect() }
}

/// The value as text, if nearly all of it is.
fn legible(bytes: &[u8]) -> Option<Cow<'_, str>> {
    let visibles = bytes.iter().filter(|byte| (0x20..0x7F).contains(*byte) || matches!(byte, 9 | 10 | 13)).count();
    if visibles * 10 < bytes.len() * 8 {
        return None;
    }
    match std::str::from_utf8(bytes) {
        Ok(texto) => Some(Cow::Borrowed(texto)),
        Err(_) => Some(Cow::Owned(bytes.iter().map(|byte| char::from(*byte)).collect())),
    }
}

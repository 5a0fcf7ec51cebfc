//! A data set in memory: values borrow from the input, so that what stays as it is costs no copy.

use std::borrow::Cow;

use dicom_core::{Tag, VR};

/// Elements in ascending order of their tags.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Conjunto<'a> {
    pub elementos: Vec<Elemento<'a>>,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Elemento<'a> {
    pub etiqueta: Tag,
    pub vr: VR,
    pub valor: Valor<'a>,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Valor<'a> {
    /// As the transfer syntax has it: numbers keep their byte order, text its character set.
    Bytes(Cow<'a, [u8]>),
    Secuencia(Vec<Conjunto<'a>>),
    /// Encapsulated pixel data; the first is the offset table.
    Fragmentos(Vec<Cow<'a, [u8]>>),
}

impl<'a> Elemento<'a> {
    pub fn texto(etiqueta: Tag, vr: VR, texto: impl Into<String>) -> Self {
        Self { etiqueta, vr, valor: Valor::Bytes(Cow::Owned(texto.into().into_bytes())) }
    }

    pub fn secuencia(etiqueta: Tag, items: Vec<Conjunto<'a>>) -> Self {
        Self { etiqueta, vr: VR::SQ, valor: Valor::Secuencia(items) }
    }

    pub fn es_privado(&self) -> bool {
        self.etiqueta.group() & 1 == 1
    }

    pub fn bytes(&self) -> Option<&[u8]> {
        match &self.valor {
            Valor::Bytes(bytes) => Some(bytes),
            Valor::Secuencia(_) | Valor::Fragmentos(_) => None,
        }
    }

    pub fn esta_vacio(&self) -> bool {
        match &self.valor {
            Valor::Bytes(bytes) => bytes.is_empty(),
            Valor::Secuencia(items) => items.is_empty(),
            Valor::Fragmentos(fragmentos) => fragmentos.is_empty(),
        }
    }
}

impl<'a> Conjunto<'a> {
    pub fn obtener(&self, etiqueta: Tag) -> Option<&Elemento<'a>> {
        let lugar = self.elementos.binary_search_by_key(&etiqueta, |elemento| elemento.etiqueta).ok()?;
        self.elementos.get(lugar)
    }

    pub fn poner(&mut self, nuevo: Elemento<'a>) {
        match self.elementos.binary_search_by_key(&nuevo.etiqueta, |elemento| elemento.etiqueta) {
            Ok(lugar) => self.elementos[lugar] = nuevo,
            Err(lugar) => self.elementos.insert(lugar, nuevo),
        }
    }

    /// A short ASCII value without its padding, or nothing.
    pub fn ascii(&self, etiqueta: Tag) -> Option<&str> {
        let bytes = self.obtener(etiqueta)?.bytes()?;
        let texto = std::str::from_utf8(bytes).ok()?;
        Some(recortar(texto)).filter(|texto| !texto.is_empty())
    }

    /// The items of a sequence; none if it is absent or no sequence.
    pub fn items(&self, etiqueta: Tag) -> &[Conjunto<'a>] {
        match self.obtener(etiqueta).map(|elemento| &elemento.valor) {
            Some(Valor::Secuencia(items)) => items,
            _ => &[],
        }
    }

    /// Every element of every level, outer ones first.
    pub fn recorrer<'s>(&'s self, ver: &mut dyn FnMut(&'s Elemento<'a>)) {
        for elemento in &self.elementos {
            ver(elemento);
            if let Valor::Secuencia(items) = &elemento.valor {
                for item in items {
                    item.recorrer(ver);
                }
            }
        }
    }
}

/// Without the padding that DICOM allows around a value.
pub(crate) fn recortar(texto: &str) -> &str {
    texto.trim_matches(|c: char| c == ' ' || c == '\0')
}

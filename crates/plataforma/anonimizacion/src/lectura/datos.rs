//! The elements of a data set, from bytes.

use std::borrow::Cow;

use dicom_core::{DataDictionary, Tag, VR, dictionary::DataDictionaryEntry};
use dicom_dictionary_std::StandardDataDictionary;

use super::sintaxis::Forma;
use crate::conjunto::{Conjunto, Elemento, Valor};

/// Levels of sequences; the deepest standard content trees stay far below.
pub(crate) const PROFUNDIDAD_MAXIMA: usize = 64;
/// Elements and items of one file, at all levels.
const ELEMENTOS_MAXIMOS: usize = 2_000_000;
const INDEFINIDA: u32 = 0xFFFF_FFFF;

const ITEM: Tag = Tag(0xFFFE, 0xE000);
const FIN_DE_ITEM: Tag = Tag(0xFFFE, 0xE00D);
const FIN_DE_SECUENCIA: Tag = Tag(0xFFFE, 0xE0DD);
const PIXELES: Tag = Tag(0x7FE0, 0x0010);
const RELLENO: Tag = Tag(0xFFFC, 0xFFFC);

/// Why bytes are no data set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ErrorLectura {
    #[error("the bytes end inside a value")]
    Truncado,
    #[error("the structure cannot be followed")]
    Estructura,
    #[error("sequences are nested too deep")]
    Anidamiento,
    #[error("a limit is exceeded")]
    Limite,
    #[error("neither DICOM nor close to it")]
    Formato,
    #[error("the transfer syntax cannot be handled")]
    Sintaxis,
}

pub(crate) struct Lector<'a> {
    bytes: &'a [u8],
    lugar: usize,
    forma: Forma,
    contados: usize,
    pub avisos: Vec<&'static str>,
}

struct Cabecera {
    etiqueta: Tag,
    vr: VR,
    largo: u32,
}

impl<'a> Lector<'a> {
    pub fn nuevo(bytes: &'a [u8], forma: Forma) -> Self {
        Self { bytes, lugar: 0, forma, contados: 0, avisos: Vec::new() }
    }

    pub fn lugar(&self) -> usize {
        self.lugar
    }

    /// The whole data set. What follows the last element, or fills it up, is dropped.
    pub fn conjunto(&mut self) -> Result<Conjunto<'a>, ErrorLectura> {
        let mut elementos = Vec::with_capacity(128);
        while self.quedan() > 0 {
            if self.quedan() < 8 || self.bytes[self.lugar..].iter().all(|byte| *byte == 0) {
                self.avisar("bytes_sobrantes");
                break;
            }
            if self.ver_etiqueta() == Some(RELLENO) {
                self.avisar("relleno_final");
                break;
            }
            let elemento = self.elemento(0)?;
            elementos.push(elemento);
        }
        Ok(self.ordenado(elementos))
    }

    /// Elements of one group from here on, for the file meta information.
    pub fn grupo(&mut self, grupo: u16) -> Result<Conjunto<'a>, ErrorLectura> {
        let mut elementos = Vec::new();
        while self.ver_etiqueta().is_some_and(|etiqueta| etiqueta.group() == grupo) {
            elementos.push(self.elemento(0)?);
        }
        Ok(self.ordenado(elementos))
    }

    fn elemento(&mut self, nivel: usize) -> Result<Elemento<'a>, ErrorLectura> {
        self.contar()?;
        let Cabecera { etiqueta, vr, largo } = self.cabecera()?;
        if etiqueta.group() == 0xFFFE {
            return Err(ErrorLectura::Estructura);
        }
        if largo == INDEFINIDA {
            return self.indefinido(etiqueta, vr, nivel);
        }
        let fin = self.fin(largo)?;
        if vr == VR::SQ {
            let items = self.items(Some(fin), nivel + 1)?;
            return Ok(Elemento::secuencia(etiqueta, items));
        }
        let bytes = &self.bytes[self.lugar..fin];
        self.lugar = fin;
        if let Some(items) = self.secuencia_oculta(etiqueta, vr, bytes, nivel)? {
            return Ok(Elemento::secuencia(etiqueta, items));
        }
        Ok(Elemento { etiqueta, vr, valor: Valor::Bytes(Cow::Borrowed(bytes)) })
    }

    fn indefinido(&mut self, etiqueta: Tag, vr: VR, nivel: usize) -> Result<Elemento<'a>, ErrorLectura> {
        if etiqueta == PIXELES && vr != VR::SQ {
            let fragmentos = self.fragmentos()?;
            return Ok(Elemento { etiqueta, vr: VR::OB, valor: Valor::Fragmentos(fragmentos) });
        }
        if vr != VR::UN || self.forma.implicita {
            return Ok(Elemento::secuencia(etiqueta, self.items(None, nivel + 1)?));
        }
        // PS3.5 6.2.2: an unknown value of undefined length is a sequence in implicit little endian; some writers
        // keep the encoding of the data set instead.
        let (lugar, forma, contados) = (self.lugar, self.forma, self.contados);
        self.forma = Forma::IMPLICITA;
        let leida = self.items(None, nivel + 1);
        self.forma = forma;
        let items = match leida {
            Ok(items) => items,
            Err(ErrorLectura::Anidamiento | ErrorLectura::Limite) => return Err(ErrorLectura::Anidamiento),
            Err(_) => {
                (self.lugar, self.contados) = (lugar, contados);
                self.avisar("secuencia_desconocida_explicita");
                self.items(None, nivel + 1)?
            }
        };
        Ok(Elemento::secuencia(etiqueta, items))
    }

    /// A value declared UN, or as bytes, that by the dictionary is a sequence of known length.
    fn secuencia_oculta(
        &mut self,
        etiqueta: Tag,
        vr: VR,
        bytes: &'a [u8],
        nivel: usize,
    ) -> Result<Option<Vec<Conjunto<'a>>>, ErrorLectura> {
        let empieza = matches!(bytes, [0xFE, 0xFF, 0x00, 0xE0, ..] | [0xFF, 0xFE, 0xE0, 0x00, ..]);
        if vr != VR::UN || !empieza || etiqueta.group() & 1 == 1 {
            return Ok(None);
        }
        for forma in [Forma::IMPLICITA, Forma::EXPLICITA, self.forma] {
            let mut dentro = Lector { bytes, lugar: 0, forma, contados: self.contados, avisos: Vec::new() };
            match dentro.items(Some(bytes.len()), nivel + 1) {
                Ok(items) => {
                    self.contados = dentro.contados;
                    return Ok(Some(items));
                }
                Err(error @ (ErrorLectura::Anidamiento | ErrorLectura::Limite)) => return Err(error),
                Err(_) => {}
            }
        }
        Ok(None)
    }

    fn items(&mut self, fin: Option<usize>, nivel: usize) -> Result<Vec<Conjunto<'a>>, ErrorLectura> {
        if nivel > PROFUNDIDAD_MAXIMA {
            return Err(ErrorLectura::Anidamiento);
        }
        let mut items = Vec::new();
        loop {
            if fin.is_some_and(|fin| self.lugar >= fin) {
                return if fin == Some(self.lugar) { Ok(items) } else { Err(ErrorLectura::Estructura) };
            }
            let (etiqueta, largo) = self.marca()?;
            match etiqueta {
                FIN_DE_SECUENCIA if fin.is_none() => return Ok(items),
                FIN_DE_SECUENCIA => self.avisar("delimitador_sobrante"),
                ITEM => {
                    self.contar()?;
                    let fin_item = if largo == INDEFINIDA { None } else { Some(self.fin(largo)?) };
                    if fin_item.zip(fin).is_some_and(|(dentro, fuera)| dentro > fuera) {
                        return Err(ErrorLectura::Estructura);
                    }
                    items.push(self.item(fin_item, nivel)?);
                }
                _ => return Err(ErrorLectura::Estructura),
            }
        }
    }

    fn item(&mut self, fin: Option<usize>, nivel: usize) -> Result<Conjunto<'a>, ErrorLectura> {
        let mut elementos = Vec::new();
        loop {
            if fin.is_some_and(|fin| self.lugar >= fin) {
                if fin != Some(self.lugar) {
                    return Err(ErrorLectura::Estructura);
                }
                break;
            }
            if self.ver_etiqueta() == Some(FIN_DE_ITEM) {
                self.marca()?;
                if fin.is_none() {
                    break;
                }
                self.avisar("delimitador_sobrante");
                continue;
            }
            elementos.push(self.elemento(nivel)?);
        }
        Ok(self.ordenado(elementos))
    }

    fn fragmentos(&mut self) -> Result<Vec<Cow<'a, [u8]>>, ErrorLectura> {
        let mut fragmentos = Vec::new();
        loop {
            if self.quedan() == 0 && !fragmentos.is_empty() {
                self.avisar("falta_delimitador_de_pixeles");
                return Ok(fragmentos);
            }
            let (etiqueta, largo) = self.marca()?;
            match etiqueta {
                FIN_DE_SECUENCIA => return Ok(fragmentos),
                ITEM if largo != INDEFINIDA => {
                    self.contar()?;
                    let fin = self.fin(largo)?;
                    fragmentos.push(Cow::Borrowed(&self.bytes[self.lugar..fin]));
                    self.lugar = fin;
                }
                _ => return Err(ErrorLectura::Estructura),
            }
        }
    }

    fn cabecera(&mut self) -> Result<Cabecera, ErrorLectura> {
        let etiqueta = self.ver_etiqueta().ok_or(ErrorLectura::Truncado)?;
        let letras = self.trozo::<2>(4)?;
        let vr = if self.forma.implicita { None } else { VR::from_binary(letras) };
        let Some(vr) = vr else {
            if !self.forma.implicita {
                return self.cabecera_sin_vr(etiqueta, letras);
            }
            let largo = self.forma.u32(self.trozo::<4>(4)?);
            self.lugar += 8;
            return Ok(Cabecera { etiqueta, vr: vr_de(etiqueta), largo });
        };
        let largo = if es_larga(vr) {
            let largo = self.forma.u32(self.trozo::<4>(8)?);
            self.lugar += 12;
            largo
        } else {
            let largo = self.forma.u16(self.trozo::<2>(6)?);
            self.lugar += 8;
            u32::from(largo)
        };
        let vr = if vr == VR::UN { vr_de(etiqueta) } else { vr };
        Ok(Cabecera { etiqueta, vr, largo })
    }

    /// An element without, or with an unknown, representation in an explicit data set.
    fn cabecera_sin_vr(&mut self, etiqueta: Tag, letras: [u8; 2]) -> Result<Cabecera, ErrorLectura> {
        self.avisar("vr_desconocida");
        if letras.iter().all(u8::is_ascii_uppercase) {
            let corto = self.forma.u16(self.trozo::<2>(6)?);
            if corto == 0 {
                let largo = self.forma.u32(self.trozo::<4>(8)?);
                self.lugar += 12;
                return Ok(Cabecera { etiqueta, vr: vr_de(etiqueta), largo });
            }
            self.lugar += 8;
            return Ok(Cabecera { etiqueta, vr: vr_de(etiqueta), largo: u32::from(corto) });
        }
        let largo = self.forma.u32(self.trozo::<4>(4)?);
        self.lugar += 8;
        Ok(Cabecera { etiqueta, vr: vr_de(etiqueta), largo })
    }

    fn marca(&mut self) -> Result<(Tag, u32), ErrorLectura> {
        let etiqueta = self.ver_etiqueta().ok_or(ErrorLectura::Truncado)?;
        let largo = self.forma.u32(self.trozo::<4>(4)?);
        self.lugar += 8;
        Ok((etiqueta, largo))
    }

    fn ordenado(&mut self, mut elementos: Vec<Elemento<'a>>) -> Conjunto<'a> {
        if !elementos.is_sorted_by(|uno, otro| uno.etiqueta < otro.etiqueta) {
            self.avisar("elementos_desordenados");
            elementos.sort_by_key(|elemento| elemento.etiqueta);
        }
        Conjunto { elementos }
    }

    fn ver_etiqueta(&self) -> Option<Tag> {
        let bytes = self.bytes.get(self.lugar..self.lugar + 4)?;
        let par = |en: usize| self.forma.u16([bytes[en], bytes[en + 1]]);
        Some(Tag(par(0), par(2)))
    }

    fn trozo<const N: usize>(&self, en: usize) -> Result<[u8; N], ErrorLectura> {
        let desde = self.lugar + en;
        self.bytes.get(desde..desde + N).and_then(|bytes| bytes.try_into().ok()).ok_or(ErrorLectura::Truncado)
    }

    fn fin(&self, largo: u32) -> Result<usize, ErrorLectura> {
        let largo = usize::try_from(largo).map_err(|_| ErrorLectura::Limite)?;
        if largo > self.quedan() { Err(ErrorLectura::Truncado) } else { Ok(self.lugar + largo) }
    }

    fn quedan(&self) -> usize {
        self.bytes.len() - self.lugar.min(self.bytes.len())
    }

    fn contar(&mut self) -> Result<(), ErrorLectura> {
        self.contados += 1;
        if self.contados > ELEMENTOS_MAXIMOS { Err(ErrorLectura::Limite) } else { Ok(()) }
    }

    fn avisar(&mut self, aviso: &'static str) {
        if !self.avisos.contains(&aviso) {
            self.avisos.push(aviso);
        }
    }
}

/// The representation that the standard gives an attribute; UN if it has none.
pub(crate) fn vr_de(etiqueta: Tag) -> VR {
    StandardDataDictionary.by_tag(etiqueta).map_or(VR::UN, |entrada| entrada.vr().relaxed())
}

fn es_larga(vr: VR) -> bool {
    matches!(
        vr,
        VR::OB
            | VR::OD
            | VR::OF
            | VR::OL
            | VR::OV
            | VR::OW
            | VR::SQ
            | VR::SV
            | VR::UC
            | VR::UN
            | VR::UR
            | VR::UT
            | VR::UV
    )
}

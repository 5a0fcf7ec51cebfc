//! A whole file: preamble, file meta information, data set.

use std::{borrow::Cow, io::Read};

use dicom_core::{Tag, VR};
use flate2::read::DeflateDecoder;

use super::{
    datos::{ErrorLectura, Lector},
    sintaxis::{Forma, Sintaxis},
};
use crate::conjunto::Conjunto;

/// Inflated bytes that are always allowed, and how many times the input may grow beyond that.
const INFLADO_LIBRE: usize = 16 << 20;
const INFLADO_VECES: usize = 200;
const INFLADO_MAXIMO: usize = 1 << 30;

/// The parts of a file before its data set is read.
pub(crate) struct Archivo<'a> {
    pub meta: Conjunto<'a>,
    pub sintaxis: Sintaxis,
    /// The bytes of the data set, inflated.
    pub datos: Cow<'a, [u8]>,
    pub avisos: Vec<&'static str>,
}

impl Archivo<'_> {
    /// The data set. Reading it is apart from finding it because its values borrow from it.
    pub fn conjunto(&self, avisos: &mut Vec<&'static str>) -> Result<Conjunto<'_>, ErrorLectura> {
        let mut lector = Lector::nuevo(&self.datos, self.sintaxis.forma);
        let conjunto = lector.conjunto()?;
        avisos.append(&mut lector.avisos);
        if conjunto.elementos.is_empty() { Err(ErrorLectura::Formato) } else { Ok(conjunto) }
    }
}

/// Finds the parts of a file, with or without preamble, meta information or its length.
pub(crate) fn leer(entrada: &[u8]) -> Result<Archivo<'_>, ErrorLectura> {
    let mut avisos = Vec::new();
    let inicio = inicio(entrada, &mut avisos)?;
    let mut lector = Lector::nuevo(&entrada[inicio..], Forma::EXPLICITA);
    let meta = lector.grupo(2)?;
    avisos.append(&mut lector.avisos);
    let resto = &entrada[inicio + lector.lugar()..];
    let declarada = meta.ascii(Tag(0x0002, 0x0010));
    let sintaxis = match declarada {
        Some(uid) => Sintaxis::de_uid(uid).ok_or(ErrorLectura::Sintaxis)?,
        None => {
            avisos.push("sin_sintaxis_declarada");
            Sintaxis::de_forma(adivinar(resto).ok_or(ErrorLectura::Formato)?)
        }
    };
    let datos = if sintaxis.deflactada { Cow::Owned(inflar(resto)?) } else { Cow::Borrowed(resto) };
    let sintaxis = corregir(sintaxis, &datos, &mut avisos);
    Ok(Archivo { meta, sintaxis, datos, avisos })
}

fn inicio(entrada: &[u8], avisos: &mut Vec<&'static str>) -> Result<usize, ErrorLectura> {
    if entrada.get(128..132) == Some(b"DICM") {
        return Ok(132);
    }
    avisos.push("sin_preambulo");
    if entrada.starts_with(b"DICM") {
        return Ok(4);
    }
    let plausible = entrada.starts_with(&[2, 0]) || adivinar(entrada).is_some();
    if plausible { Ok(0) } else { Err(ErrorLectura::Formato) }
}

/// A data set without meta information: its first element says how it is written.
fn adivinar(datos: &[u8]) -> Option<Forma> {
    let cabecera: &[u8; 8] = datos.get(..8)?.try_into().ok()?;
    let vr = VR::from_binary([cabecera[4], cabecera[5]]).is_some();
    match (cabecera[0], cabecera[1], vr) {
        (8, 0, true) => Some(Forma::EXPLICITA),
        (0, 8, true) => Some(Forma::MAYOR),
        (8, 0, false) => {
            let largo = u32::from_le_bytes([cabecera[4], cabecera[5], cabecera[6], cabecera[7]]);
            (largo <= 1024).then_some(Forma::IMPLICITA)
        }
        _ => None,
    }
}

/// Some writers declare one encoding and use the other; the first element tells.
fn corregir(mut sintaxis: Sintaxis, datos: &[u8], avisos: &mut Vec<&'static str>) -> Sintaxis {
    let Some(visible) = adivinar(datos) else { return sintaxis };
    if visible != sintaxis.forma {
        avisos.push("codificacion_distinta_de_la_declarada");
        if sintaxis.encapsulada || sintaxis.deflactada {
            sintaxis.forma = visible;
        } else {
            sintaxis = Sintaxis::de_forma(visible);
        }
    }
    sintaxis
}

fn inflar(bytes: &[u8]) -> Result<Vec<u8>, ErrorLectura> {
    let maximo = bytes.len().saturating_mul(INFLADO_VECES).clamp(INFLADO_LIBRE, INFLADO_MAXIMO);
    let mut inflado = Vec::new();
    let limite = u64::try_from(maximo).map_err(|_| ErrorLectura::Limite)? + 1;
    DeflateDecoder::new(bytes).take(limite).read_to_end(&mut inflado).map_err(|_| ErrorLectura::Truncado)?;
    if inflado.len() > maximo { Err(ErrorLectura::Limite) } else { Ok(inflado) }
}

//! The pixels of the written object: the same bytes, and as many as the attributes promise.

use dicom_core::{Tag, value::Value};
use dicom_object::DefaultDicomObject;

use crate::conjunto::{Conjunto, Elemento, Valor};

const PIXELES: Tag = Tag(0x7FE0, 0x0010);

/// How many bytes of a file are pixels.
pub(super) fn largo(elemento: &Elemento<'_>) -> usize {
    match &elemento.valor {
        _ if elemento.etiqueta.group() != 0x7FE0 => 0,
        Valor::Bytes(bytes) => bytes.len(),
        Valor::Fragmentos(fragmentos) => fragmentos.iter().map(|fragmento| fragmento.len() + 8).sum(),
        Valor::Secuencia(_) => 0,
    }
}

pub(super) fn comprobar(esperado: &Conjunto<'_>, objeto: &DefaultDicomObject) -> Vec<&'static str> {
    let Some(elemento) = esperado.obtener(PIXELES) else {
        return Vec::new();
    };
    let Some(escrito) = objeto.get(PIXELES) else {
        return vec!["pixeles_perdidos"];
    };
    let mut fallos = Vec::new();
    match (&elemento.valor, escrito.value()) {
        (Valor::Bytes(bytes), Value::Primitive(valor)) => {
            let nativos = objeto.meta().transfer_syntax() != "1.2.840.10008.1.2.2";
            let escritos = valor.to_bytes();
            let relleno = bytes.len() % 2;
            if nativos && (escritos.get(..bytes.len()) != Some(bytes) || escritos.len() != bytes.len() + relleno) {
                fallos.push("pixeles_cambiados");
            }
            if prometidos(objeto).is_some_and(|prometidos| bytes.len() < prometidos) {
                fallos.push("pixeles_incompletos");
            }
        }
        (Valor::Fragmentos(fragmentos), Value::PixelSequence(escritos)) => {
            let iguales = fragmentos.len() == escritos.fragments().len() + 1
                && fragmentos.iter().skip(1).zip(escritos.fragments()).all(|(uno, otro)| otro.starts_with(uno));
            if !iguales {
                fallos.push("pixeles_cambiados");
            }
            if escritos.fragments().is_empty() {
                fallos.push("pixeles_incompletos");
            }
        }
        _ => fallos.push("pixeles_cambiados"),
    }
    fallos
}

/// The bytes that rows, columns, samples, bits and frames need; none if they do not say.
fn prometidos(objeto: &DefaultDicomObject) -> Option<usize> {
    let numero = |elemento: u16| objeto.get(Tag(0x0028, elemento)).and_then(|valor| valor.to_int::<u64>().ok());
    let (filas, columnas, bits) = (numero(0x0010)?, numero(0x0011)?, numero(0x0100)?);
    let muestras = numero(0x0002).unwrap_or(1);
    let cuadros = numero(0x0008).unwrap_or(1).max(1);
    let fotometria = objeto.get(Tag(0x0028, 0x0004)).and_then(|valor| valor.to_str().ok()).unwrap_or_default();
    let submuestreada =
        fotometria.trim().starts_with("YBR_FULL_422") || fotometria.trim().starts_with("YBR_PARTIAL_422");
    let por_pixel = if submuestreada { 2 } else { muestras };
    let de_bits = filas.checked_mul(columnas)?.checked_mul(por_pixel)?.checked_mul(bits)?.checked_mul(cuadros)?;
    usize::try_from(de_bits.div_ceil(8)).ok()
}

//! The new pixels in their object, with the attributes that describe them.

use dicom_core::{
    DataElement, PrimitiveValue, Tag, VR,
    value::{PixelFragmentSequence, Value},
};
use dicom_dictionary_std::{tags, uids};
use dicom_object::DefaultDicomObject;

use super::{
    codecs::Codec,
    forma::{Forma, Fotometria, texto},
    informe::InformePixeles,
};

/// Explicit VR Big Endian: retired, and in every archive.
const BIG_ENDIAN: &str = "1.2.840.10008.1.2.2";

/// Pixels to write.
pub(crate) enum Nuevos {
    /// Frame after frame in little endian; `de` is how they were coded before.
    Nativos { bytes: Vec<u8>, forma: Forma, tag: Tag, de: Codec },
    /// Streams with the image data that they had.
    Flujos(Vec<Vec<u8>>),
    /// Streams written anew without loss.
    Recodificados { flujos: Vec<Vec<u8>>, forma: Forma, de: Codec },
}

pub(crate) fn escribir(objeto: &mut DefaultDicomObject, nuevos: Option<Nuevos>, informe: &InformePixeles) {
    if informe.revisados {
        objeto.put(DataElement::new(tags::BURNED_IN_ANNOTATION, VR::CS, "NO"));
    }
    match nuevos {
        None => {}
        Some(Nuevos::Flujos(flujos)) => poner_flujos(objeto, flujos),
        Some(Nuevos::Recodificados { flujos, forma, de }) => {
            declarar_perdida(objeto);
            poner_flujos(objeto, flujos);
            describir(objeto, &forma);
            if de == Codec::JpegLs {
                cambiar_sintaxis(objeto, uids::JPEGLS_LOSSLESS);
            }
            derivar(objeto);
        }
        Some(Nuevos::Nativos { bytes, forma, tag, de }) => {
            if de != Codec::Nativo {
                declarar_perdida(objeto);
                describir(objeto, &forma);
                cambiar_sintaxis(objeto, uids::EXPLICIT_VR_LITTLE_ENDIAN);
                quitar_tablas(objeto);
            }
            if informe.recodificado || informe.bytes_sobrantes > 0 {
                poner_nativos(objeto, tag, bytes, &forma);
            }
            if informe.recodificado {
                derivar(objeto);
            }
        }
    }
}

/// What went through a lossy code once says so for good (PS3.3, C.7.6.1.1.5), also where the file forgot it.
fn declarar_perdida(objeto: &mut DefaultDicomObject) {
    const CON_PERDIDA: [&str; 4] =
        [uids::JPEG_BASELINE8_BIT, uids::JPEG_EXTENDED12_BIT, uids::JPEGLS_NEAR_LOSSLESS, uids::HTJ2K];
    let sintaxis = objeto.meta().transfer_syntax().trim_end_matches('\0').to_string();
    if !CON_PERDIDA.contains(&sintaxis.as_str()) {
        return;
    }
    objeto.put(DataElement::new(tags::LOSSY_IMAGE_COMPRESSION, VR::CS, "01"));
    if texto(objeto, tags::LOSSY_IMAGE_COMPRESSION_METHOD).is_none_or(|metodo| metodo.is_empty()) {
        let metodo = match sintaxis.as_str() {
            uids::JPEGLS_NEAR_LOSSLESS => "ISO_14495_1",
            uids::HTJ2K => "ISO_15444_15",
            _ => "ISO_10918_1",
        };
        objeto.put(DataElement::new(tags::LOSSY_IMAGE_COMPRESSION_METHOD, VR::CS, metodo));
    }
}

fn describir(objeto: &mut DefaultDicomObject, forma: &Forma) {
    let fotometria = match forma.fotometria {
        Fotometria::Monocromo1 => "MONOCHROME1",
        Fotometria::Monocromo2 => "MONOCHROME2",
        Fotometria::Paleta => "PALETTE COLOR",
        Fotometria::Rgb => "RGB",
        Fotometria::Ybr => "YBR_FULL",
        // Decoded samples are no longer subsampled, and this range has no other name.
        Fotometria::YbrParcial => "YBR_PARTIAL_422",
    };
    objeto.put(DataElement::new(tags::PHOTOMETRIC_INTERPRETATION, VR::CS, fotometria));
    if forma.muestras == 3 {
        objeto.put(DataElement::new(tags::PLANAR_CONFIGURATION, VR::US, PrimitiveValue::from(0_u16)));
    }
}

fn derivar(objeto: &mut DefaultDicomObject) {
    objeto.put(DataElement::new(
        tags::DERIVATION_DESCRIPTION,
        VR::ST,
        "Pixel data cleaned: regions blanked, all other pixels unchanged",
    ));
}

fn cambiar_sintaxis(objeto: &mut DefaultDicomObject, uid: &str) {
    objeto.update_meta(|meta| meta.transfer_syntax = uid.to_string());
}

fn quitar_tablas(objeto: &mut DefaultDicomObject) {
    let tablas = [
        tags::EXTENDED_OFFSET_TABLE,
        tags::EXTENDED_OFFSET_TABLE_LENGTHS,
        tags::ENCAPSULATED_PIXEL_DATA_VALUE_TOTAL_LENGTH,
    ];
    for tag in tablas {
        objeto.remove_element(tag);
    }
}

/// One fragment for each frame, with a basic offset table.
fn poner_flujos(objeto: &mut DefaultDicomObject, flujos: Vec<Vec<u8>>) {
    quitar_tablas(objeto);
    let mut lugar = 0_u32;
    let mut tabla = Vec::new();
    for flujo in flujos.iter().take(flujos.len().saturating_sub(1)) {
        tabla.push(lugar);
        lugar = lugar.saturating_add(8 + flujo.len() as u32);
    }
    tabla.push(lugar);
    // Offsets of 32 bits that do not reach the last frame are worse than none.
    if lugar == u32::MAX || flujos.len() == 1 {
        tabla.clear();
    }
    let valor = Value::PixelSequence(PixelFragmentSequence::new(tabla, flujos));
    objeto.put(DataElement::new(tags::PIXEL_DATA, VR::OB, valor));
}

fn poner_nativos(objeto: &mut DefaultDicomObject, tag: Tag, bytes: Vec<u8>, forma: &Forma) {
    let al_reves = objeto.meta().transfer_syntax().trim_end_matches('\0') == BIG_ENDIAN;
    let vr = objeto.get(tag).map(|e| e.vr()).filter(|vr| matches!(vr, VR::OB | VR::OW | VR::OF | VR::OD));
    let vr = if forma.bytes > 1 && tag == tags::PIXEL_DATA { VR::OW } else { vr.unwrap_or(VR::OB) };
    let palabras = |bytes: &[u8]| bytes.chunks_exact(2).map(|b| u16::from_le_bytes([b[0], b[1]])).collect::<Vec<_>>();
    let valor = match vr {
        VR::OF => {
            PrimitiveValue::F32(bytes.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect())
        }
        VR::OD => {
            let numero = |b: &[u8]| f64::from_le_bytes([b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7]]);
            PrimitiveValue::F64(bytes.chunks_exact(8).map(numero).collect())
        }
        VR::OW if al_reves && forma.bytes == 4 => {
            PrimitiveValue::U16(palabras(&bytes).chunks(2).flat_map(|par| par.iter().rev().copied()).collect())
        }
        VR::OW => PrimitiveValue::U16(palabras(&bytes).into()),
        _ => PrimitiveValue::U8(bytes.into()),
    };
    objeto.put(DataElement::new(tag, vr, valor));
}

//! DICOM objects around drawings, and what cleaning makes of them.

use anonimizacion::{
    InformePixeles, PoliticaPixeles, RechazoPixeles,
    pixeles::{limpiar, verificar},
};
use dicom_core::{
    DataElement, PrimitiveValue, VR, dicom_value,
    value::{PixelFragmentSequence, Value},
};
use dicom_dictionary_std::{tags, uids};
use dicom_object::{DefaultDicomObject, FileMetaTableBuilder, InMemDicomObject};

use crate::dibujo::Dibujo;

pub const DETECTAR: PoliticaPixeles =
    PoliticaPixeles { detectar: true, cuadros: Vec::new(), comprobados_aparte: false, avisar_rostro: false };

/// How the samples of an image are described.
#[derive(Clone, Copy)]
pub struct Descripcion {
    pub fotometria: &'static str,
    pub muestras: u16,
    pub asignados: u16,
    pub guardados: u16,
    pub con_signo: bool,
    pub plana: bool,
    pub cuadros: usize,
}

pub const GRIS: Descripcion = Descripcion {
    fotometria: "MONOCHROME2",
    muestras: 1,
    asignados: 8,
    guardados: 8,
    con_signo: false,
    plana: false,
    cuadros: 1,
};

fn sin_pixeles(ancho: usize, alto: usize, como: Descripcion) -> InMemDicomObject {
    let numero = |tag, n: u16| DataElement::new(tag, VR::US, PrimitiveValue::from(n));
    InMemDicomObject::from_element_iter([
        DataElement::new(tags::SOP_CLASS_UID, VR::UI, uids::CT_IMAGE_STORAGE),
        DataElement::new(tags::SOP_INSTANCE_UID, VR::UI, "2.25.1"),
        DataElement::new(tags::MODALITY, VR::CS, "CT"),
        DataElement::new(tags::PHOTOMETRIC_INTERPRETATION, VR::CS, como.fotometria),
        DataElement::new(tags::NUMBER_OF_FRAMES, VR::IS, como.cuadros.to_string()),
        numero(tags::ROWS, alto as u16),
        numero(tags::COLUMNS, ancho as u16),
        numero(tags::SAMPLES_PER_PIXEL, como.muestras),
        numero(tags::PLANAR_CONFIGURATION, como.plana.into()),
        numero(tags::BITS_ALLOCATED, como.asignados),
        numero(tags::BITS_STORED, como.guardados),
        numero(tags::HIGH_BIT, como.guardados - 1),
        numero(tags::PIXEL_REPRESENTATION, como.con_signo.into()),
    ])
}

fn en_fichero(objeto: InMemDicomObject, sintaxis: &str) -> DefaultDicomObject {
    let meta = FileMetaTableBuilder::new().transfer_syntax(sintaxis);
    objeto.with_meta(meta).expect("a file header")
}

/// A native image; `bytes` are its samples in little endian.
pub fn nativa(dibujo: &Dibujo, como: Descripcion, bytes: Vec<u8>, sintaxis: &str) -> DefaultDicomObject {
    let mut objeto = sin_pixeles(dibujo.ancho, dibujo.alto, como);
    let palabras = bytes.chunks(2).map(|b| u16::from_le_bytes([b[0], b.get(1).copied().unwrap_or(0)]));
    let valor = PrimitiveValue::U16(palabras.collect());
    objeto.put(DataElement::new(tags::PIXEL_DATA, VR::OW, valor));
    en_fichero(objeto, sintaxis)
}

/// A compressed image with one fragment for each frame.
pub fn comprimida(dibujo: &Dibujo, como: Descripcion, flujos: Vec<Vec<u8>>, sintaxis: &str) -> DefaultDicomObject {
    let mut objeto = sin_pixeles(dibujo.ancho, dibujo.alto, como);
    let valor = Value::PixelSequence(PixelFragmentSequence::new_fragments(flujos));
    objeto.put(DataElement::new(tags::PIXEL_DATA, VR::OB, valor));
    en_fichero(objeto, sintaxis)
}

/// The three tables of a palette of 256 greys, turned over.
pub fn con_paleta(objeto: &mut DefaultDicomObject) {
    let tabla: Vec<u8> = (0..=255).rev().collect();
    let descriptores = [
        tags::RED_PALETTE_COLOR_LOOKUP_TABLE_DESCRIPTOR,
        tags::GREEN_PALETTE_COLOR_LOOKUP_TABLE_DESCRIPTOR,
        tags::BLUE_PALETTE_COLOR_LOOKUP_TABLE_DESCRIPTOR,
    ];
    let datos = [
        tags::RED_PALETTE_COLOR_LOOKUP_TABLE_DATA,
        tags::GREEN_PALETTE_COLOR_LOOKUP_TABLE_DATA,
        tags::BLUE_PALETTE_COLOR_LOOKUP_TABLE_DATA,
    ];
    for (descriptor, dato) in descriptores.into_iter().zip(datos) {
        objeto.put(DataElement::new(descriptor, VR::US, dicom_value!(U16, [256, 0, 8])));
        let palabras = tabla.chunks(2).map(|b| u16::from_le_bytes([b[0], b[1]])).collect();
        objeto.put(DataElement::new(dato, VR::OW, PrimitiveValue::U16(palabras)));
    }
}

/// Writes and reads an object.
pub fn releido(objeto: &DefaultDicomObject) -> DefaultDicomObject {
    let mut bytes = Vec::new();
    objeto.write_all(&mut bytes).expect("written");
    dicom_object::from_reader(&bytes[..]).expect("read again")
}

/// Cleans an object, writes it, reads it and has it proved.
pub fn limpia(original: &DefaultDicomObject) -> Result<(DefaultDicomObject, InformePixeles), RechazoPixeles> {
    let original = releido(original);
    let mut objeto = original.clone();
    let informe = limpiar(&mut objeto, &DETECTAR)?;
    let limpio = releido(&objeto);
    verificar(&original, &limpio, &informe)?;
    Ok((limpio, informe))
}

/// The bytes of Pixel Data in little endian.
pub fn bytes(objeto: &DefaultDicomObject) -> Vec<u8> {
    objeto.element(tags::PIXEL_DATA).expect("pixels").to_bytes().expect("native pixels").into_owned()
}

pub fn texto(objeto: &DefaultDicomObject, tag: dicom_core::Tag) -> String {
    objeto.element(tag).expect("the attribute").to_str().expect("text").trim().to_string()
}

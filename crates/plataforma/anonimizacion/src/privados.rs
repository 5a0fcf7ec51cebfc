//! Private attributes that the standard knows to be safe (PS3.15 Table E.3.10-1): numbers of the acquisition.

use dicom_core::{Tag, VR};

use crate::conjunto::{Conjunto, recortar};

struct Seguro {
    creador: &'static str,
    grupo: u16,
    elemento: u8,
    vr: VR,
}

const fn seguro(creador: &'static str, grupo: u16, elemento: u8, vr: VR) -> Seguro {
    Seguro { creador, grupo, elemento, vr }
}

/// The well-known part of the table: values that are numbers or terms, never texts.
const SEGUROS: [Seguro; 19] = [
    seguro("Philips PET Private Group", 0x7053, 0x00, VR::DS),
    seguro("Philips PET Private Group", 0x7053, 0x09, VR::DS),
    seguro("ELSCINT1", 0x00E1, 0x21, VR::DS),
    seguro("ELSCINT1", 0x01E1, 0x26, VR::CS),
    seguro("ELSCINT1", 0x01F1, 0x01, VR::CS),
    seguro("ELSCINT1", 0x01F1, 0x07, VR::DS),
    seguro("ELSCINT1", 0x01F1, 0x26, VR::DS),
    seguro("ELSCINT1", 0x01F1, 0x27, VR::DS),
    seguro("GEMS_ACQU_01", 0x0019, 0x23, VR::DS),
    seguro("GEMS_ACQU_01", 0x0019, 0x24, VR::DS),
    seguro("GEMS_ACQU_01", 0x0019, 0x27, VR::DS),
    seguro("GEMS_HELIOS_01", 0x0045, 0x01, VR::SS),
    seguro("GEMS_HELIOS_01", 0x0045, 0x02, VR::FL),
    seguro("GEMS_PARM_01", 0x0043, 0x27, VR::SH),
    seguro("Philips Imaging DD 001", 0x2001, 0x03, VR::FL),
    seguro("Philips Imaging DD 001", 0x2001, 0x04, VR::CS),
    seguro("Philips MR Imaging DD 001", 0x2005, 0x0D, VR::FL),
    seguro("Philips MR Imaging DD 001", 0x2005, 0x0E, VR::FL),
    seguro("SIEMENS MR HEADER", 0x0019, 0x0C, VR::IS),
];

/// The representation of a safe private attribute; none if it is not one.
pub(crate) fn vr_segura(conjunto: &Conjunto<'_>, etiqueta: Tag) -> Option<VR> {
    let bloque = etiqueta.element() >> 8;
    let creador = conjunto.ascii(Tag(etiqueta.group(), bloque))?;
    let elemento = u8::try_from(etiqueta.element() & 0xFF).ok()?;
    SEGUROS
        .iter()
        .find(|seguro| seguro.creador == creador && seguro.grupo == etiqueta.group() && seguro.elemento == elemento)
        .map(|seguro| seguro.vr)
}

/// Whether an element names the creator of a block in which something safe stands.
pub(crate) fn es_creador_seguro(conjunto: &Conjunto<'_>, etiqueta: Tag) -> bool {
    let es_creador = (0x10..=0xFF).contains(&etiqueta.element());
    let con_contenido = || {
        conjunto.elementos.iter().any(|elemento| {
            elemento.etiqueta.group() == etiqueta.group()
                && elemento.etiqueta.element() >> 8 == etiqueta.element()
                && vr_segura(conjunto, elemento.etiqueta).is_some()
        })
    };
    let conocido = || {
        let creador = conjunto.ascii(etiqueta).map(recortar);
        SEGUROS.iter().any(|seguro| Some(seguro.creador) == creador && seguro.grupo == etiqueta.group())
    };
    es_creador && conocido() && con_contenido()
}

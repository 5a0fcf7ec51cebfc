//! The second reading: the written bytes, read by another parser, must prove what the first pass claims.

mod objeto;
mod originales;
mod pixeles;

use dicom_core::Tag;
use dicom_object::{DefaultDicomObject, OpenFileOptions, file::ReadPreamble};

pub(crate) use originales::Originales;

use crate::{
    conjunto::Conjunto, informe::Informe, palabras::Palabras, perfil::Perfil, rechazo::CodigoRechazo,
    recorrido::Identidad, tabla::Acciones,
};

/// What a written file is held against.
pub(crate) struct Prueba<'v> {
    pub acciones: &'v Acciones,
    pub perfil: Perfil,
    pub palabras: &'v Palabras,
    pub originales: &'v Originales,
    pub identidad: &'v Identidad,
    /// What was to be written: only its pixels are compared.
    pub esperado: &'v Conjunto<'v>,
}

/// Reads bytes with the library that did not write them.
pub(crate) fn leer(bytes: &[u8]) -> Option<DefaultDicomObject> {
    OpenFileOptions::new().read_preamble(ReadPreamble::Always).from_reader(bytes).ok()
}

const META: [Tag; 6] = [Tag(2, 1), Tag(2, 2), Tag(2, 3), Tag(2, 0x10), Tag(2, 0x12), Tag(2, 0x13)];

impl Prueba<'_> {
    /// Every check, in order. The failed ones go to the report with the tag where they failed and no value.
    pub fn verificar(&self, escrito: &[u8], informe: &mut Informe) -> Result<DefaultDicomObject, CodigoRechazo> {
        let Some(objeto) = leer(escrito) else {
            informe.fallos.push("lectura".to_owned());
            return Err(CodigoRechazo::VerificacionFallida);
        };
        let mut fallos = Vec::new();
        self.cabecera(escrito, &objeto, &mut fallos);
        let mut nombres = vec!["lectura", "cabecera"];
        nombres.extend(objeto::comprobar(self, &objeto, &mut fallos));
        self.crudo(escrito, &mut fallos);
        nombres.push("bytes");
        let ilegibles = pixeles::comprobar(self.esperado, &objeto);
        fallos.extend(ilegibles.iter().map(|fallo| (*fallo).to_owned()));
        nombres.push("largo_de_pixeles");
        if fallos.is_empty() {
            informe.comprobaciones.extend(nombres.into_iter().map(str::to_owned));
            return Ok(objeto);
        }
        let solo_pixeles = fallos.len() == ilegibles.len();
        fallos.sort();
        fallos.dedup();
        informe.fallos.append(&mut fallos);
        Err(if solo_pixeles { CodigoRechazo::PixelesIlegibles } else { CodigoRechazo::VerificacionFallida })
    }

    /// An empty preamble, our own meta information and no other, one name for the object.
    fn cabecera(&self, escrito: &[u8], objeto: &DefaultDicomObject, fallos: &mut Vec<String>) {
        if escrito.get(..128).is_none_or(|preambulo| preambulo.iter().any(|byte| *byte != 0)) {
            fallos.push("preambulo".to_owned());
        }
        let meta = objeto.meta();
        let ajenos = meta.source_application_entity_title.is_some()
            || meta.sending_application_entity_title.is_some()
            || meta.receiving_application_entity_title.is_some()
            || meta.private_information_creator_uid.is_some()
            || meta.private_information.is_some()
            || !solo_meta_propia(escrito);
        if ajenos {
            fallos.push("meta".to_owned());
        }
        let instancia = objeto.get(Tag(0x0008, 0x0018)).and_then(|elemento| elemento.to_str().ok());
        if instancia.as_deref().map(sin_relleno) != Some(sin_relleno(&meta.media_storage_sop_instance_uid)) {
            fallos.push("instancia".to_owned());
        }
    }

    /// The words among the bytes themselves, wherever no element explains them.
    fn crudo(&self, escrito: &[u8], fallos: &mut Vec<String>) {
        let pixeles: usize = self.esperado.elementos.iter().map(pixeles::largo).sum();
        let sin_pixeles = escrito.get(..escrito.len().saturating_sub(pixeles)).unwrap_or_default();
        if self.palabras.en_crudo(sin_pixeles) {
            fallos.push("bytes".to_owned());
        }
    }
}

pub(super) fn sin_relleno(texto: &str) -> &str {
    texto.trim_end_matches(['\0', ' '])
}

/// The elements of group 2, read by hand: explicit, little endian, short.
fn solo_meta_propia(escrito: &[u8]) -> bool {
    let mut resto = escrito.get(144..).unwrap_or_default();
    while let [2, 0, bajo, alto, vr @ .., _] = resto.get(..9).unwrap_or_default() {
        if !META.contains(&Tag(2, u16::from_le_bytes([*bajo, *alto]))) {
            return false;
        }
        let largo = match (vr, resto.get(8..12)) {
            ([b'O', b'B', ..], Some(&[a, b, c, d])) => 12 + u32::from_le_bytes([a, b, c, d]) as usize,
            ([_, _, a, b], _) => 8 + usize::from(u16::from_le_bytes([*a, *b])),
            _ => return false,
        };
        resto = resto.get(largo..).unwrap_or_default();
    }
    true
}

//! Documents and content trees, cleaned by what they say.

pub(crate) mod contenido;

use dicom_core::Tag;

use crate::{conjunto::Conjunto, rechazo::CodigoRechazo};

const DOCUMENTO: Tag = Tag(0x0042, 0x0011);

/// The classes whose objects are a document and nothing else: PDF, CDA, models.
const CLASES_DE_DOCUMENTO: &str = "1.2.840.10008.5.1.4.1.1.104.";

/// Refuses an object that is an encapsulated document, which nobody here can prove clean. In objects of other classes
/// the attribute is one like any other, and the table replaces it.
pub(crate) fn comprobar_encapsulado(conjunto: &Conjunto<'_>, clase: &str) -> Result<(), CodigoRechazo> {
    let hay = || conjunto.elementos.iter().any(|elemento| elemento.etiqueta == DOCUMENTO && !elemento.esta_vacio());
    if clase.starts_with(CLASES_DE_DOCUMENTO) && hay() { Err(CodigoRechazo::DocumentoEncapsulado) } else { Ok(()) }
}

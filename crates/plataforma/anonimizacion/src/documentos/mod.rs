//! Documents and content trees, cleaned by what they say.

pub(crate) mod contenido;

use dicom_core::Tag;

use crate::{conjunto::Conjunto, informe::Cuentas, palabras::Palabras, rechazo::CodigoRechazo};

const DOCUMENTO: Tag = Tag(0x0042, 0x0011);

/// Cleans the encapsulated document of an object. One that cannot be proved clean keeps the object in quarantine.
pub(crate) fn limpiar_encapsulado(
    conjunto: &mut Conjunto<'_>,
    _palabras: &Palabras,
    _cuentas: &mut Cuentas,
) -> Result<(), CodigoRechazo> {
    match conjunto.obtener(DOCUMENTO) {
        Some(documento) if !documento.esta_vacio() => Err(CodigoRechazo::DocumentoEncapsulado),
        _ => Ok(()),
    }
}

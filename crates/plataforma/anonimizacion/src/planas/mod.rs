//! Plain images: JPEG, PNG and TIFF.

use crate::pixeles::{InformePixeles, PoliticaPixeles, RechazoPixeles};

/// The plain formats that an input may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FormatoPlano {
    Jpeg,
    Png,
    Tiff,
}

impl FormatoPlano {
    /// By the first bytes.
    pub fn de(bytes: &[u8]) -> Option<Self> {
        match bytes {
            [0xFF, 0xD8, 0xFF, ..] => Some(Self::Jpeg),
            [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1A, b'\n', ..] => Some(Self::Png),
            [b'I', b'I', 0x2A, 0, ..] | [b'M', b'M', 0, 0x2A, ..] => Some(Self::Tiff),
            _ => None,
        }
    }
}

/// Removes metadata and text from a plain image.
pub fn limpiar_plana(
    _bytes: &[u8],
    _formato: FormatoPlano,
    _politica: &PoliticaPixeles,
) -> Result<(Vec<u8>, InformePixeles), RechazoPixeles> {
    Err(RechazoPixeles::NoComprobados)
}

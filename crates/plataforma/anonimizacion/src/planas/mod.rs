//! Plain images: JPEG, PNG and TIFF.

mod jpeg;
mod lamina;
mod png;
mod tiff;

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

/// Removes all metadata and the text from a plain image, and proves it on the bytes that it gives.
///
/// A JPEG or PNG without text keeps its coded image data. A JPEG with text leaves as a PNG, so that every other pixel
/// stays exactly what a decoder makes of it. A TIFF is always written anew, page by page, without loss.
/// Colour profiles go too: they name devices and owners.
pub fn limpiar_plana(
    bytes: &[u8],
    formato: FormatoPlano,
    politica: &PoliticaPixeles,
) -> Result<(Vec<u8>, InformePixeles), RechazoPixeles> {
    match formato {
        FormatoPlano::Jpeg => jpeg::limpiar(bytes, politica),
        FormatoPlano::Png => png::limpiar(bytes, politica),
        FormatoPlano::Tiff => tiff::limpiar(bytes, politica),
    }
}

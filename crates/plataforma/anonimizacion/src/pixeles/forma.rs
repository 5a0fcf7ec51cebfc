use dicom_core::Tag;
use dicom_dictionary_std::tags;
use dicom_object::InMemDicomObject;

use super::informe::RechazoPixeles;

/// Bytes of one decoded frame that are accepted: 16,384 x 16,384 in colour.
const MAXIMO_POR_CUADRO: usize = 16_384 * 16_384 * 3;
/// Frames that are accepted.
const MAXIMO_DE_CUADROS: u32 = 1 << 20;

/// How the samples of an image stand for light (PS3.3, C.7.6.3.1.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fotometria {
    Monocromo1,
    Monocromo2,
    Paleta,
    Rgb,
    /// Luminance and two colour differences with their zero at half of the range.
    Ybr,
    /// The same in the studio range, black at 16.
    YbrParcial,
}

/// Where the samples of a native frame lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Disposicion {
    /// Sample after sample of a pixel.
    Entrelazada,
    /// Plane after plane.
    Plana,
    /// Y Y Cb Cr for each two pixels of a row.
    Submuestreada,
    /// One bit for each pixel, the first in the lowest bit, frames without padding between them.
    Bits,
}

/// What a sample of the image is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Numero {
    Entero,
    Flotante,
}

/// The shape of the frames of an image, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Forma {
    pub filas: usize,
    pub columnas: usize,
    pub muestras: usize,
    /// Bytes of a sample; 1 where a pixel is a bit.
    pub bytes: usize,
    pub bits_guardados: u32,
    pub bit_bajo: u32,
    pub con_signo: bool,
    pub fotometria: Fotometria,
    pub disposicion: Disposicion,
    pub numero: Numero,
    /// Absent where the attribute is missing or unreadable.
    pub cuadros: Option<u32>,
}

/// An unsigned number of at most 16 bits; tolerates a number written as text.
pub(crate) fn entero(objeto: &InMemDicomObject, tag: Tag) -> Option<u32> {
    objeto.get(tag)?.value().to_int::<u32>().ok()
}

pub(crate) fn texto(objeto: &InMemDicomObject, tag: Tag) -> Option<String> {
    let texto = objeto.get(tag)?.value().to_str().ok()?;
    Some(texto.trim_matches([' ', '\0']).to_string())
}

impl Forma {
    /// Reads the description of Pixel Data, or of Float or Double Float Pixel Data where `flotante` says its bytes.
    pub fn leer(objeto: &InMemDicomObject, flotante: Option<usize>) -> Result<Self, RechazoPixeles> {
        let exigido = |tag| entero(objeto, tag).ok_or(RechazoPixeles::DescripcionInvalida);
        let (filas, columnas) = (exigido(tags::ROWS)? as usize, exigido(tags::COLUMNS)? as usize);
        let muestras = entero(objeto, tags::SAMPLES_PER_PIXEL).unwrap_or(1) as usize;
        let asignados = match flotante {
            Some(bytes) => 8 * bytes as u32,
            None => exigido(tags::BITS_ALLOCATED)?,
        };
        if filas == 0 || columnas == 0 || filas > 65_535 || columnas > 65_535 || !matches!(muestras, 1 | 3) {
            return Err(RechazoPixeles::DescripcionInvalida);
        }
        if !matches!((asignados, muestras), (1 | 8 | 16 | 32 | 64, 1) | (8 | 16 | 32, 3)) {
            return Err(RechazoPixeles::DescripcionInvalida);
        }
        let guardados = entero(objeto, tags::BITS_STORED).filter(|_| flotante.is_none()).unwrap_or(asignados);
        let alto = entero(objeto, tags::HIGH_BIT).filter(|_| flotante.is_none()).unwrap_or(guardados.wrapping_sub(1));
        if guardados == 0 || guardados > asignados || alto >= asignados || alto + 1 < guardados {
            return Err(RechazoPixeles::DescripcionInvalida);
        }
        let forma = Self {
            filas,
            columnas,
            muestras,
            bytes: (asignados as usize).div_ceil(8),
            bits_guardados: guardados,
            bit_bajo: alto + 1 - guardados,
            con_signo: entero(objeto, tags::PIXEL_REPRESENTATION) == Some(1),
            fotometria: Self::fotometria(objeto, muestras)?,
            disposicion: Self::disposicion(objeto, asignados, muestras),
            numero: if flotante.is_some() { Numero::Flotante } else { Numero::Entero },
            cuadros: Self::contar(objeto)?,
        };
        if forma.puntos().saturating_mul(forma.muestras * forma.bytes) > MAXIMO_POR_CUADRO {
            return Err(RechazoPixeles::DimensionesImposibles);
        }
        Ok(forma)
    }

    fn contar(objeto: &InMemDicomObject) -> Result<Option<u32>, RechazoPixeles> {
        match entero(objeto, tags::NUMBER_OF_FRAMES) {
            Some(0) => Ok(None),
            Some(n) if n > MAXIMO_DE_CUADROS => Err(RechazoPixeles::DimensionesImposibles),
            leido => Ok(leido),
        }
    }

    fn fotometria(objeto: &InMemDicomObject, muestras: usize) -> Result<Fotometria, RechazoPixeles> {
        let dicha = texto(objeto, tags::PHOTOMETRIC_INTERPRETATION).unwrap_or_default();
        match (dicha.to_ascii_uppercase().as_str(), muestras) {
            ("MONOCHROME1", 1) => Ok(Fotometria::Monocromo1),
            ("MONOCHROME2" | "", 1) => Ok(Fotometria::Monocromo2),
            ("PALETTE COLOR", 1) => Ok(Fotometria::Paleta),
            ("RGB" | "YBR_RCT" | "YBR_ICT" | "", 3) => Ok(Fotometria::Rgb),
            ("YBR_FULL" | "YBR_FULL_422", 3) => Ok(Fotometria::Ybr),
            ("YBR_PARTIAL_422" | "YBR_PARTIAL_420", 3) => Ok(Fotometria::YbrParcial),
            _ => Err(RechazoPixeles::FotometriaNoAdmitida),
        }
    }

    fn disposicion(objeto: &InMemDicomObject, asignados: u32, muestras: usize) -> Disposicion {
        let dicha = texto(objeto, tags::PHOTOMETRIC_INTERPRETATION).unwrap_or_default();
        if asignados == 1 {
            Disposicion::Bits
        } else if muestras == 3 && dicha.eq_ignore_ascii_case("YBR_FULL_422") | dicha.starts_with("YBR_PARTIAL_422") {
            Disposicion::Submuestreada
        } else if muestras == 3 && entero(objeto, tags::PLANAR_CONFIGURATION) == Some(1) {
            Disposicion::Plana
        } else {
            Disposicion::Entrelazada
        }
    }

    /// Pixels of a frame.
    pub fn puntos(&self) -> usize {
        self.filas * self.columnas
    }

    /// Bytes that a native frame takes; a frame of bits is counted up to whole bytes.
    pub fn bytes_por_cuadro(&self) -> usize {
        match self.disposicion {
            Disposicion::Bits => self.puntos().div_ceil(8),
            Disposicion::Submuestreada => self.filas * self.columnas.div_ceil(2) * 4 * self.bytes,
            Disposicion::Entrelazada | Disposicion::Plana => self.puntos() * self.muestras * self.bytes,
        }
    }

    /// The same picture as a decoder leaves it: pixel after pixel.
    pub fn decodificada(&self, fotometria: Fotometria) -> Self {
        Self { disposicion: Disposicion::Entrelazada, fotometria, ..self.clone() }
    }

    /// Where a sample of a pixel begins in the bytes of its frame. Not for frames of bits.
    pub fn lugar(&self, x: usize, y: usize, muestra: usize) -> usize {
        let posicion = match self.disposicion {
            Disposicion::Entrelazada => (y * self.columnas + x) * self.muestras + muestra,
            Disposicion::Plana => muestra * self.puntos() + y * self.columnas + x,
            Disposicion::Submuestreada => {
                let par = (y * self.columnas.div_ceil(2) + x / 2) * 4;
                par + if muestra == 0 { x % 2 } else { 1 + muestra }
            }
            Disposicion::Bits => 0,
        };
        posicion * self.bytes
    }

    /// The largest number that Bits Stored can hold.
    pub fn mascara(&self) -> u64 {
        u64::MAX >> (64 - self.bits_guardados)
    }
}

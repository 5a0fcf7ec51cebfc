//! From the bytes of a frame to its samples and back.

mod j2k;
mod jpeg;
pub(crate) mod jpeg_ls;
mod rle;
pub(crate) mod segmentos;

use std::panic::{AssertUnwindSafe, catch_unwind};

use dicom_dictionary_std::uids;

use self::segmentos::Limpio;
use super::{
    forma::{Forma, Fotometria},
    informe::RechazoPixeles,
};

/// How the frames of an image are coded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Codec {
    Nativo,
    /// One native frame in each fragment.
    NativoEncapsulado,
    Rle,
    Jpeg,
    JpegLs,
    Jpeg2000,
    /// Known to be compressed, without a decoder here.
    Desconocido,
}

impl Codec {
    pub fn de(sintaxis: &str, encapsulado: bool) -> Self {
        let codec = match sintaxis.trim_end_matches(['\0', ' ']) {
            uids::RLE_LOSSLESS => Self::Rle,
            "1.2.840.10008.1.2.1.98" => Self::NativoEncapsulado,
            uids::JPEGLS_LOSSLESS | uids::JPEGLS_NEAR_LOSSLESS => Self::JpegLs,
            uids::JPEG2000_LOSSLESS | uids::JPEG2000 | uids::JPEG2000MC_LOSSLESS | uids::JPEG2000MC => Self::Jpeg2000,
            uids::HTJ2K_LOSSLESS | uids::HTJ2K_LOSSLESS_RPCL | uids::HTJ2K => Self::Jpeg2000,
            "1.2.840.10008.1.2.4.50"
            | "1.2.840.10008.1.2.4.51"
            | "1.2.840.10008.1.2.4.57"
            | uids::JPEG_LOSSLESS_SV1 => Self::Jpeg,
            _ if encapsulado => Self::Desconocido,
            _ => Self::Nativo,
        };
        // The pixel data says how it lies, whatever the file's header claims.
        match (codec, encapsulado) {
            (Self::Nativo, _) | (_, true) => codec,
            (_, false) => Self::Nativo,
        }
    }

    /// Decodes a frame; its samples come in little endian, with the shape that describes them.
    pub fn decodificar(self, flujo: &[u8], forma: &Forma) -> Result<(Vec<u8>, Forma), RechazoPixeles> {
        // Other people's decoders see hostile bytes: a failed assertion of theirs is one more broken stream.
        let intento = catch_unwind(AssertUnwindSafe(|| self.decodificar_dentro(flujo, forma)));
        let (bytes, fotometria) = intento.unwrap_or(Err(RechazoPixeles::FlujoDanado))?;
        Ok((bytes, forma.decodificada(fotometria)))
    }

    fn decodificar_dentro(self, flujo: &[u8], forma: &Forma) -> Result<(Vec<u8>, Fotometria), RechazoPixeles> {
        match self {
            Self::Rle => Ok((rle::decodificar(flujo, forma)?, forma.fotometria)),
            Self::Jpeg => jpeg::decodificar(flujo, forma),
            Self::Jpeg2000 => j2k::decodificar(flujo, forma),
            Self::JpegLs => Ok((jpeg_ls_a_bytes(flujo, forma)?, forma.fotometria)),
            Self::Nativo | Self::NativoEncapsulado | Self::Desconocido => Err(RechazoPixeles::SintaxisSinDecodificador),
        }
    }

    /// Encodes a frame without loss, if this family is written here.
    pub fn codificar(self, bytes: &[u8], forma: &Forma) -> Option<Vec<u8>> {
        match self {
            Self::Rle => Some(rle::codificar(bytes, forma)),
            Self::JpegLs if forma.bytes <= 2 => Some(jpeg_ls_de_bytes(bytes, forma)),
            _ => None,
        }
    }

    /// A stream with the same image data and no words in it.
    pub fn sin_comentarios(self, flujo: &[u8]) -> Result<Limpio, RechazoPixeles> {
        match self {
            Self::Jpeg | Self::JpegLs => segmentos::limpiar(flujo),
            Self::Jpeg2000 => j2k::limpiar(flujo),
            _ => Ok(Limpio { bytes: flujo.to_vec(), quitados: 0, sobrantes: 0 }),
        }
    }
}

fn jpeg_ls_a_bytes(flujo: &[u8], forma: &Forma) -> Result<Vec<u8>, RechazoPixeles> {
    /// A run of 2^15 samples in a bit is the best that the code can do; real images stay far below.
    const EXPANSION: usize = 65_536;
    let cabecera = jpeg_ls::leer(flujo)?;
    let iguales =
        (cabecera.alto, cabecera.ancho, cabecera.componentes) == (forma.filas, forma.columnas, forma.muestras);
    if !iguales || cabecera.precision as usize > 8 * forma.bytes || forma.bytes > 2 {
        return Err(RechazoPixeles::FlujoIncoherente);
    }
    if forma.puntos() > flujo.len().saturating_mul(EXPANSION) {
        return Err(RechazoPixeles::DimensionesImposibles);
    }
    let muestras = jpeg_ls::decodificar(flujo, &cabecera)?;
    Ok(match forma.bytes {
        1 => muestras.iter().map(|m| *m as u8).collect(),
        _ => muestras.iter().flat_map(|m| m.to_le_bytes()).collect(),
    })
}

/// All allocated bits are coded, so that the sign and whatever lies above Bits Stored stay as they are.
fn jpeg_ls_de_bytes(bytes: &[u8], forma: &Forma) -> Vec<u8> {
    let muestras: Vec<u16> = match forma.bytes {
        1 => bytes.iter().map(|b| u16::from(*b)).collect(),
        _ => bytes.chunks_exact(2).map(|b| u16::from_le_bytes([b[0], b[1]])).collect(),
    };
    let usados = muestras.iter().fold(0, |todos, m| todos | m);
    let precision = (16 - usados.leading_zeros()).max(forma.bits_guardados + forma.bit_bajo).max(2);
    jpeg_ls::codificar(&muestras, forma.columnas, forma.filas, forma.muestras, precision)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::pixeles::forma::{Disposicion, Numero};

    fn forma(columnas: usize, filas: usize, muestras: usize, bytes: usize) -> Forma {
        Forma {
            filas,
            columnas,
            muestras,
            bytes,
            bits_guardados: 8 * bytes as u32,
            bit_bajo: 0,
            con_signo: false,
            fotometria: if muestras == 3 { Fotometria::Rgb } else { Fotometria::Monocromo2 },
            disposicion: Disposicion::Entrelazada,
            numero: Numero::Entero,
            cuadros: None,
        }
    }

    /// Bytes with flat parts, ramps and noise, so that every mode of a code is used.
    fn frase() -> impl Strategy<Value = Vec<u8>> {
        let tramo = prop_oneof![
            (any::<u8>(), 1_usize..300).prop_map(|(byte, n)| vec![byte; n]),
            (any::<u8>(), 1_usize..60).prop_map(|(byte, n)| (0..n).map(|i| byte.wrapping_add(i as u8)).collect()),
            prop::collection::vec(any::<u8>(), 1..60),
        ];
        prop::collection::vec(tramo, 1..40).prop_map(|tramos| tramos.concat())
    }

    proptest! {
        #[test]
        fn lo_que_se_codifica_se_decodifica_igual(
            frase in frase(),
            ancho in 1_usize..70,
            muestras in prop_oneof![Just(1_usize), Just(3)],
            bytes in 1_usize..=2,
        ) {
            let fila = ancho * muestras * bytes;
            let filas = frase.len().div_ceil(fila);
            let forma = forma(ancho, filas, muestras, bytes);
            let original: Vec<u8> = frase.iter().copied().cycle().take(filas * fila).collect();
            for codec in [Codec::Rle, Codec::JpegLs] {
                let flujo = codec.codificar(&original, &forma).expect("a code");
                let vuelta = codec.decodificar(&flujo, &forma);
                prop_assert_eq!(vuelta.map(|(bytes, _)| bytes), Ok(original.clone()));
            }
        }

        #[test]
        fn bytes_al_azar_no_rompen_ningun_decodificador(mut flujo in prop::collection::vec(any::<u8>(), 0..400)) {
            let forma = forma(16, 16, 1, 1);
            for cabeza in [&b"\xFF\xD8\xFF\xF7\x00\x0B\x08\x00\x10\x00\x10\x01\x01\x11\x00\xFF\xDA"[..], b"\xFF\x4F\xFF\x51", b""] {
                flujo.splice(0..0, cabeza.iter().copied());
                for codec in [Codec::Rle, Codec::Jpeg, Codec::JpegLs, Codec::Jpeg2000] {
                    if let Ok((bytes, _)) = codec.decodificar(&flujo, &forma) {
                        prop_assert_eq!(bytes.len(), 256);
                    }
                    if let Ok(limpio) = codec.sin_comentarios(&flujo) {
                        prop_assert!(limpio.bytes.len() <= flujo.len() + 1);
                    }
                }
            }
        }
    }
}

use image::{ExtendedColorType, ImageEncoder, ImageFormat, codecs::png::PngEncoder};

use super::lamina::Lamina;
use crate::pixeles::{InformePixeles, PoliticaPixeles, RechazoPixeles};

const FIRMA: &[u8] = &[0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1A, b'\n'];
/// What deflate can make of a byte.
const EXPANSION: usize = 1_100;
/// The chunks that make the picture; all others talk about it or hold other pictures.
const QUEDAN: [&[u8; 4]; 9] = [b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"sBIT"];

pub(super) fn limpiar(bytes: &[u8], politica: &PoliticaPixeles) -> Result<(Vec<u8>, InformePixeles), RechazoPixeles> {
    let original = Lamina::leer(bytes, ImageFormat::Png, EXPANSION)?;
    let mut lamina = original.clone();
    let mut informe = InformePixeles::default();
    let tocada = lamina.limpiar(0, politica, &mut informe)?;
    let (sin_metadatos, quitados, sobrantes) = sin_metadatos(bytes)?;
    (informe.comentarios, informe.bytes_sobrantes) = (quitados, sobrantes);
    let salida = if tocada { escribir(&lamina)? } else { sin_metadatos };
    let escrita = Lamina::leer(&salida, ImageFormat::Png, 1 << 20)?;
    original.comprobar(&escrita, 0, &informe)?;
    Ok((salida, informe))
}

/// The picture as a PNG.
pub(super) fn escribir(lamina: &Lamina) -> Result<Vec<u8>, RechazoPixeles> {
    let color = match (lamina.canales, lamina.ancho_de_muestra) {
        (1, 1) => ExtendedColorType::L8,
        (2, 1) => ExtendedColorType::La8,
        (3, 1) => ExtendedColorType::Rgb8,
        (4, 1) => ExtendedColorType::Rgba8,
        (1, _) => ExtendedColorType::L16,
        (2, _) => ExtendedColorType::La16,
        (3, _) => ExtendedColorType::Rgb16,
        _ => ExtendedColorType::Rgba16,
    };
    let mut salida = Vec::new();
    PngEncoder::new(&mut salida)
        .write_image(&lamina.bytes, lamina.ancho as u32, lamina.alto as u32, color)
        .map_err(|_| RechazoPixeles::CodificacionFallida)?;
    Ok(salida)
}

/// The file with the chunks of the picture alone; how many chunks went, and how many bytes after the end.
fn sin_metadatos(bytes: &[u8]) -> Result<(Vec<u8>, u32, u64), RechazoPixeles> {
    let mut salida = FIRMA.to_vec();
    let (mut en, mut quitados) = (FIRMA.len(), 0);
    loop {
        let cabecera = bytes.get(en..en + 8).ok_or(RechazoPixeles::FlujoDanado)?;
        let largo = u32::from_be_bytes([cabecera[0], cabecera[1], cabecera[2], cabecera[3]]) as usize;
        let fin = en.saturating_add(12).saturating_add(largo);
        let trozo = bytes.get(en..fin).ok_or(RechazoPixeles::FlujoDanado)?;
        let tipo = &cabecera[4..8];
        if QUEDAN.iter().any(|queda| *queda == tipo) {
            salida.extend(trozo);
        } else {
            quitados += 1;
        }
        en = fin;
        if tipo == b"IEND" {
            return Ok((salida, quitados, (bytes.len() - en) as u64));
        }
    }
}

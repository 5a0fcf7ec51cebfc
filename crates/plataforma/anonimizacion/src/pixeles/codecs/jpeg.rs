//! JPEG baseline, progressive and lossless.

use jpeg_decoder::{ColorTransform, Decoder, Error, PixelFormat};

use super::segmentos::{Marco, Segmento, marco, segmentos};
use crate::pixeles::{
    forma::{Forma, Fotometria},
    informe::RechazoPixeles,
};

/// Samples that a byte of a lossy stream can stand for: two bits for each block of 64.
const EXPANSION: usize = 512;

/// Decodes a frame. Lossy colour comes as RGB; lossless samples come as they were stored.
pub(super) fn decodificar(flujo: &[u8], forma: &Forma) -> Result<(Vec<u8>, Fotometria), RechazoPixeles> {
    let segmentos = segmentos(flujo)?;
    let marco = marco(flujo, &segmentos)?;
    if (marco.alto, marco.ancho, marco.componentes) != (forma.filas, forma.columnas, forma.muestras) {
        return Err(RechazoPixeles::FlujoIncoherente);
    }
    if usize::from(marco.precision) > 8 * forma.bytes || forma.bytes > 2 {
        return Err(RechazoPixeles::FlujoIncoherente);
    }
    if forma.puntos() * forma.muestras > flujo.len().saturating_mul(EXPANSION) {
        return Err(RechazoPixeles::DimensionesImposibles);
    }
    let sin_perdida = marco.tipo == 0xC3;
    let de_ycc = forma.muestras == 3 && !sin_perdida && es_ycc(flujo, &segmentos, forma);
    let mut decodificador = Decoder::new(flujo);
    decodificador.set_max_decoding_buffer_size(forma.puntos() * forma.muestras * 2);
    if forma.muestras == 3 {
        decodificador.set_color_transform(if de_ycc { ColorTransform::YCbCr } else { ColorTransform::None });
    }
    let pixeles = decodificador.decode().map_err(|error| match error {
        Error::Unsupported(_) => RechazoPixeles::SintaxisSinDecodificador,
        _ => RechazoPixeles::FlujoDanado,
    })?;
    let formato = decodificador.info().ok_or(RechazoPixeles::FlujoDanado)?.pixel_format;
    let fotometria = match forma.fotometria {
        Fotometria::Ybr | Fotometria::YbrParcial if !sin_perdida => Fotometria::Rgb,
        otra => otra,
    };
    Ok((a_la_anchura(pixeles, formato, &marco, forma)?, fotometria))
}

/// Whether the components are luminance and colour differences: the stream's own markers first, then the attribute.
fn es_ycc(flujo: &[u8], segmentos: &[Segmento], forma: &Forma) -> bool {
    let cuerpos = |marcador| segmentos.iter().filter(move |s| s.marcador == marcador).map(|s| s.cuerpo(flujo));
    let adobe = cuerpos(0xEE).find(|cuerpo| cuerpo.starts_with(b"Adobe")).and_then(|cuerpo| cuerpo.get(11));
    match adobe {
        Some(transformacion) => *transformacion == 1,
        None => cuerpos(0xE0).any(|c| c.starts_with(b"JFIF\0")) || forma.fotometria != Fotometria::Rgb,
    }
}

fn a_la_anchura(
    pixeles: Vec<u8>,
    formato: PixelFormat,
    marco: &Marco,
    forma: &Forma,
) -> Result<Vec<u8>, RechazoPixeles> {
    let por_muestra = if formato == PixelFormat::L16 { 2 } else { 1 };
    if pixeles.len() != forma.puntos() * marco.componentes * por_muestra {
        return Err(RechazoPixeles::FlujoIncoherente);
    }
    match (por_muestra, forma.bytes) {
        (1, 1) => Ok(pixeles),
        (1, _) => Ok(pixeles.iter().flat_map(|byte| [*byte, 0]).collect()),
        (_, 2) => Ok(pixeles.chunks_exact(2).flat_map(|b| u16::from_ne_bytes([b[0], b[1]]).to_le_bytes()).collect()),
        _ => Err(RechazoPixeles::FlujoIncoherente),
    }
}

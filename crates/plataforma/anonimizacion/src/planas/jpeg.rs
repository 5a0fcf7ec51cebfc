use image::ImageFormat;

use super::{lamina::Lamina, png};
use crate::pixeles::{InformePixeles, PoliticaPixeles, RechazoPixeles, interno::segmentos};

/// Samples that a byte can stand for: two bits for each block of 64.
const EXPANSION: usize = 512;

pub(super) fn limpiar(bytes: &[u8], politica: &PoliticaPixeles) -> Result<(Vec<u8>, InformePixeles), RechazoPixeles> {
    let original = Lamina::leer(bytes, ImageFormat::Jpeg, EXPANSION)?;
    let mut lamina = original.clone();
    let mut informe = InformePixeles::default();
    let tocada = lamina.limpiar(0, politica, &mut informe)?;
    let limpio = segmentos::limpiar(bytes)?;
    (informe.comentarios, informe.bytes_sobrantes) = (limpio.quitados, limpio.sobrantes);
    let (salida, formato) = if tocada {
        (png::escribir(&lamina)?, ImageFormat::Png)
    } else {
        // The padding byte belongs to DICOM's fragments, not to files.
        let con_relleno = limpio.bytes.ends_with(&[0xFF, 0xD9, 0]);
        (limpio.bytes[..limpio.bytes.len() - usize::from(con_relleno)].to_vec(), ImageFormat::Jpeg)
    };
    let escrita = Lamina::leer(&salida, formato, 1 << 20)?;
    original.comprobar(&escrita, 0, &informe)?;
    if !tocada && segmentos::limpiar(&salida)?.quitados > 0 {
        return Err(RechazoPixeles::MetadatosRestantes);
    }
    Ok((salida, informe))
}

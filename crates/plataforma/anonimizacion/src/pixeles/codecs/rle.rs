//! RLE Lossless (PS3.5, Annex G).

use crate::pixeles::{
    forma::{Disposicion, Forma},
    informe::RechazoPixeles,
};

const CABECERA: usize = 64;
/// What two bytes can stand for.
const EXPANSION: usize = 64;

/// Decodes a frame to samples in little endian, pixel after pixel.
pub(super) fn decodificar(flujo: &[u8], forma: &Forma) -> Result<Vec<u8>, RechazoPixeles> {
    let segmentos = segmentos(flujo, forma.muestras * forma.bytes)?;
    if forma.puntos() > segmentos.iter().map(|s| s.len()).min().unwrap_or(0).saturating_mul(EXPANSION) {
        return Err(RechazoPixeles::DimensionesImposibles);
    }
    let por_pixel = forma.muestras * forma.bytes;
    let mut salida = vec![0; forma.puntos() * por_pixel];
    for (i, segmento) in segmentos.iter().enumerate() {
        let (muestra, orden) = (i / forma.bytes, forma.bytes - 1 - i % forma.bytes);
        let lugares = salida[muestra * forma.bytes + orden..].iter_mut().step_by(por_pixel);
        desempaquetar(segmento, lugares)?;
    }
    Ok(salida)
}

fn segmentos(flujo: &[u8], esperados: usize) -> Result<Vec<&[u8]>, RechazoPixeles> {
    let cabecera = flujo.get(..CABECERA).ok_or(RechazoPixeles::FlujoDanado)?;
    let numero = |i: usize| {
        let n = &cabecera[4 * i..4 * i + 4];
        u32::from_le_bytes([n[0], n[1], n[2], n[3]]) as usize
    };
    if numero(0) != esperados || esperados > 15 {
        return Err(RechazoPixeles::FlujoIncoherente);
    }
    let fin = |i| if i == esperados { flujo.len() } else { numero(i + 1) };
    (1..=esperados).map(|i| flujo.get(numero(i)..fin(i)).ok_or(RechazoPixeles::FlujoDanado)).collect()
}

fn desempaquetar<'a>(
    mut segmento: &[u8],
    mut lugares: impl ExactSizeIterator<Item = &'a mut u8>,
) -> Result<(), RechazoPixeles> {
    while lugares.len() > 0 {
        let (cuenta, resto) = segmento.split_first().ok_or(RechazoPixeles::FlujoDanado)?;
        segmento = match *cuenta {
            literales @ 0..=127 => {
                let n = usize::from(literales) + 1;
                let copiados = resto.get(..n.min(lugares.len())).ok_or(RechazoPixeles::FlujoDanado)?;
                copiados.iter().zip(lugares.by_ref().take(n)).for_each(|(byte, lugar)| *lugar = *byte);
                resto.get(n..).unwrap_or_default()
            }
            128 => resto,
            repetidos => {
                let (byte, resto) = resto.split_first().ok_or(RechazoPixeles::FlujoDanado)?;
                lugares.by_ref().take(257 - usize::from(repetidos)).for_each(|lugar| *lugar = *byte);
                resto
            }
        };
    }
    Ok(())
}

/// Encodes a frame whose samples lie pixel after pixel or plane after plane.
pub(super) fn codificar(bytes: &[u8], forma: &Forma) -> Vec<u8> {
    let segmentos = forma.muestras * forma.bytes;
    let mut salida = vec![0; CABECERA];
    salida[..4].copy_from_slice(&(segmentos as u32).to_le_bytes());
    let (inicio, salto) = match forma.disposicion {
        Disposicion::Plana => (forma.puntos() * forma.bytes, forma.bytes),
        _ => (forma.bytes, segmentos),
    };
    for i in 0..segmentos {
        let lugar = (salida.len() as u32).to_le_bytes();
        salida[4 * i + 4..4 * i + 8].copy_from_slice(&lugar);
        let primero = i / forma.bytes * inicio + forma.bytes - 1 - i % forma.bytes;
        let plano: Vec<u8> = bytes[primero..].iter().step_by(salto).take(forma.puntos()).copied().collect();
        plano.chunks(forma.columnas).for_each(|fila| empaquetar(fila, &mut salida));
        if salida.len() % 2 == 1 {
            salida.push(0);
        }
    }
    salida
}

fn repeticiones(bytes: &[u8]) -> usize {
    bytes.iter().take(128).take_while(|byte| **byte == bytes[0]).count()
}

fn empaquetar(mut fila: &[u8], salida: &mut Vec<u8>) {
    while !fila.is_empty() {
        let iguales = repeticiones(fila);
        let largo = if iguales >= 2 {
            salida.extend([(257 - iguales) as u8, fila[0]]);
            iguales
        } else {
            let limite = fila.len().min(128);
            let literales = (1..limite).find(|i| repeticiones(&fila[*i..]) >= 3).unwrap_or(limite);
            salida.push(literales as u8 - 1);
            salida.extend(&fila[..literales]);
            literales
        };
        fila = &fila[largo..];
    }
}

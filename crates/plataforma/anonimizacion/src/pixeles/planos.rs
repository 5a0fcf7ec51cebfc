//! Frames as pictures of eight bits, to be looked at.

use super::{
    detector::Plano,
    forma::{Disposicion, Forma, Fotometria},
    paleta::Paleta,
    politica::Recuadro,
};

/// The picture of a frame; `tapados` are the boxes that are blank in it.
///
/// `bytes` begin with the frame; only frames of bits need its number.
pub(crate) fn plano(
    bytes: &[u8],
    forma: &Forma,
    cuadro: usize,
    paleta: Option<&Paleta>,
    tapados: Vec<Recuadro>,
) -> Plano {
    let canales = if forma.muestras == 3 {
        colores(bytes, forma)
    } else {
        let valores = forma.valores(bytes, cuadro);
        match paleta.filter(|_| forma.fotometria == Fotometria::Paleta) {
            Some(paleta) => {
                let pintado = |canal: usize| valores.iter().map(|v| paleta.color(*v)[canal]).collect();
                (0..3).map(pintado).collect()
            }
            None => vec![estirado(&valores)],
        }
    };
    Plano { tapados, ..Plano::nuevo(forma.columnas, forma.filas, sin_repetir(canales)) }
}

/// Grey pictures in three channels need one.
fn sin_repetir(mut canales: Vec<Vec<u8>>) -> Vec<Vec<u8>> {
    if canales.len() == 3 && canales[0] == canales[1] && canales[1] == canales[2] {
        canales.truncate(1);
    }
    canales
}

fn colores(bytes: &[u8], forma: &Forma) -> Vec<Vec<u8>> {
    let desde = (forma.bits_guardados + forma.bit_bajo).saturating_sub(8);
    let muestra = |lugar: usize| (forma.crudo(bytes, lugar) >> desde) as u8;
    let canal = |i: usize| -> Vec<u8> {
        match (forma.disposicion, forma.bytes) {
            (Disposicion::Entrelazada, 1) => bytes[i..].iter().step_by(3).copied().take(forma.puntos()).collect(),
            (Disposicion::Plana, 1) => bytes[i * forma.puntos()..(i + 1) * forma.puntos()].to_vec(),
            _ => {
                let lugares = (0..forma.puntos()).map(|n| forma.lugar(n % forma.columnas, n / forma.columnas, i));
                lugares.map(muestra).collect()
            }
        }
    };
    (0..3).map(canal).collect()
}

/// Values stretched to eight bits; what lies far outside of where nearly all are is cut.
fn estirado(valores: &[i64]) -> Vec<u8> {
    let (minimo, maximo) = extremos(valores);
    let rango = (maximo - minimo) as f64;
    if maximo <= minimo {
        return vec![0; valores.len()];
    }
    // Sixteen bits of fraction; the range of 64-bit values does not fit in a product of integers.
    if maximo - minimo < 1 << 40 {
        let escala = (255 << 16) / (maximo - minimo).max(1);
        if maximo - minimo <= 255 << 8 {
            return valores.iter().map(|v| ((((*v).clamp(minimo, maximo) - minimo) * escala) >> 16) as u8).collect();
        }
    }
    valores.iter().map(|v| (((*v).clamp(minimo, maximo) - minimo) as f64 * 255.0 / rango) as u8).collect()
}

fn extremos(valores: &[i64]) -> (i64, i64) {
    /// One of how many values is looked at to find where nearly all are.
    const MUESTREO: usize = 7;
    let minimo = valores.iter().copied().min().unwrap_or(0);
    let maximo = valores.iter().copied().max().unwrap_or(0);
    let mut muestra: Vec<i64> = valores.iter().step_by(MUESTREO).copied().collect();
    let n = muestra.len();
    if n < 64 || maximo - minimo < 256 {
        return (minimo, maximo);
    }
    let (bajo, alto) = (n / 500, n - 1 - n / 500);
    let bajo = *muestra.select_nth_unstable(bajo).1;
    let alto = *muestra.select_nth_unstable(alto).1;
    let nucleo = (alto - bajo).max(1);
    (minimo.max(bajo.saturating_sub(nucleo)), maximo.min(alto.saturating_add(nucleo)))
}

//! Blanking: the darkest sample of each kind of image, and where it goes.

use super::{
    forma::{Disposicion, Forma, Fotometria, Numero},
    informe::RechazoPixeles,
    paleta::Paleta,
    politica::Recuadro,
};

/// The bits of each sample of a blank pixel.
pub(crate) type Relleno = [u64; 3];

/// Black for this frame. Signed images have no zero that is black: their own extreme is taken.
pub(crate) fn relleno(
    bytes: &[u8],
    forma: &Forma,
    cuadro: usize,
    paleta: Option<&Paleta>,
) -> Result<Relleno, RechazoPixeles> {
    let mitad = 1 << (forma.bits_guardados - 1);
    let gris = |valor: i64| [forma.bits_de(valor), 0, 0];
    let propios = || forma.valores(bytes, cuadro);
    Ok(match (forma.fotometria, forma.con_signo) {
        _ if forma.numero == Numero::Flotante => [0; 3],
        (Fotometria::Paleta, _) => gris(paleta.ok_or(RechazoPixeles::DescripcionInvalida)?.mas_oscuro()),
        (Fotometria::Monocromo1, true) => gris(propios().into_iter().max().unwrap_or(0)),
        (Fotometria::Monocromo1, false) => gris(forma.mascara() as i64),
        (Fotometria::Monocromo2, true) => gris(propios().into_iter().min().unwrap_or(0)),
        (Fotometria::Monocromo2, false) | (Fotometria::Rgb, _) => [0; 3],
        (Fotometria::Ybr, _) => [0, mitad << forma.bit_bajo, mitad << forma.bit_bajo],
        (Fotometria::YbrParcial, _) => [mitad >> 3, mitad, mitad].map(|muestra| muestra << forma.bit_bajo),
    })
}

/// The part of a box inside the picture, with whole pairs of pixels where they share their colour.
pub(crate) fn ajustado(recuadro: &Recuadro, forma: &Forma) -> Option<Recuadro> {
    let dentro = recuadro.dentro_de(forma.columnas as u32, forma.filas as u32)?;
    if forma.disposicion != Disposicion::Submuestreada {
        return Some(dentro);
    }
    let (x, derecha) = (dentro.x & !1, ((dentro.derecha() + 1) & !1).min(forma.columnas as u32));
    Some(Recuadro::nueva(x, dentro.y, derecha - x, dentro.alto))
}

/// Blanks boxes of a frame.
pub(crate) fn tapar(bytes: &mut [u8], forma: &Forma, cuadro: usize, recuadros: &[Recuadro], relleno: Relleno) {
    for caja in recuadros.iter().filter_map(|caja| ajustado(caja, forma)) {
        for y in caja.y as usize..caja.abajo() as usize {
            for x in caja.x as usize..caja.derecha() as usize {
                tapar_pixel(bytes, forma, cuadro, (x, y), relleno);
            }
        }
    }
}

fn tapar_pixel(bytes: &mut [u8], forma: &Forma, cuadro: usize, (x, y): (usize, usize), relleno: Relleno) {
    if forma.disposicion == Disposicion::Bits {
        let bit = forma.primer_bit(cuadro) + y * forma.columnas + x;
        let mascara = 1 << (bit % 8);
        bytes[bit / 8] = if relleno[0] & 1 == 1 { bytes[bit / 8] | mascara } else { bytes[bit / 8] & !mascara };
        return;
    }
    for (muestra, crudo) in relleno.iter().enumerate().take(forma.muestras) {
        forma.poner(bytes, forma.lugar(x, y, muestra), *crudo);
    }
}

//! The bits of a sample beyond Bits Stored: overlays were embedded there (PS3.5, 8.1.2), and anything can hide.

use super::forma::{Disposicion, Forma, Numero};

/// Clears them in a frame; tells how many samples changed. A sign that goes on above Bits Stored stays.
pub(crate) fn limpiar(bytes: &mut [u8], forma: &Forma) -> u64 {
    let asignados = 8 * forma.bytes as u32;
    let sin_huecos = forma.bits_guardados == asignados || forma.numero == Numero::Flotante;
    if sin_huecos || forma.disposicion == Disposicion::Bits {
        return 0;
    }
    let con_signo = forma.con_signo && sigue_el_signo(bytes, forma);
    let limpio = |crudo: u64| {
        let guardado = crudo & forma.mascara() << forma.bit_bajo;
        if con_signo { forma.bits_de(forma.valor(crudo)) } else { guardado }
    };
    let mut cambiados = 0;
    for lugar in (0..bytes.len() / forma.bytes).map(|i| i * forma.bytes) {
        let crudo = forma.crudo(bytes, lugar);
        let nuevo = limpio(crudo);
        if nuevo != crudo {
            forma.poner(bytes, lugar, nuevo);
            cambiados += 1;
        }
    }
    cambiados
}

/// Whether most negative samples repeat their sign up to the highest bit.
fn sigue_el_signo(bytes: &[u8], forma: &Forma) -> bool {
    let muestras = bytes.chunks_exact(forma.bytes).map(|b| forma.crudo(b, 0));
    let (mut con, mut sin) = (0_usize, 0_usize);
    for crudo in muestras.filter(|crudo| forma.valor(*crudo) < 0) {
        let alto = crudo >> (forma.bit_bajo + forma.bits_guardados);
        let lleno = u64::MAX >> (64 - 8 * forma.bytes as u32) >> (forma.bit_bajo + forma.bits_guardados);
        con += usize::from(alto == lleno);
        sin += usize::from(alto == 0);
    }
    con >= sin
}

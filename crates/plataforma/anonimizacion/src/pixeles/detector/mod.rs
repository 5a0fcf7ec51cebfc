//! Finds writing: places with many strong edges close together, at 0 and at 90 degrees, at several sizes.

mod bordes;
mod densidad;
mod juicio;
mod plano;
mod union;

pub(crate) use plano::Plano;

use super::politica::Recuadro;
use juicio::Vista;
use union::unir;

/// Halvings of the picture that are looked at as well, for large letters.
const NIVELES: u32 = 3;
/// The smallest side of a picture that is looked at.
const LADO_MINIMO: usize = 8;
/// The smallest side of a halved copy that is looked at: below, anatomy has the size of letters.
const LADO_DE_COPIA: usize = 64;
/// The largest share of the picture, in percent, that letters of one exact light take.
const MAXIMO_DE_TINTA: usize = 8;

/// How much has to speak for text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rigor {
    Normal,
    /// For images where text is likely: what is in doubt counts.
    Estricto,
}

/// The boxes around what looks like text.
pub(crate) fn detectar(plano: &Plano, rigor: Rigor) -> Vec<Recuadro> {
    let mut hallados = Vec::new();
    buscar_a_todos_los_tamanos(plano.clone(), false, rigor, &mut hallados);
    if let Some(color) = plano.color() {
        buscar_a_todos_los_tamanos(color, false, rigor, &mut hallados);
    }
    let luz = plano.luz();
    for tinta in tintas(&luz, plano.tapado().as_deref()) {
        let mascara = luz.iter().map(|l| if *l == tinta { 255 } else { 0 }).collect();
        buscar_a_todos_los_tamanos(plano.con(vec![mascara]), true, rigor, &mut hallados);
    }
    unir(hallados, plano.ancho as u32, plano.alto as u32)
}

/// Lights far more frequent than their neighbours, at both ends: what a machine writes with over a picture.
fn tintas(luz: &[u8], tapado: Option<&[bool]>) -> Vec<u8> {
    let mut cuenta = [0_usize; 256];
    luz.iter().for_each(|l| cuenta[usize::from(*l)] += 1);
    let tapados = luz.iter().zip(tapado.unwrap_or_default()).filter(|(_, tapado)| **tapado);
    tapados.for_each(|(l, _)| cuenta[usize::from(*l)] -= 1);
    let destaca = |i: &usize| {
        let vecinos: usize = (i.saturating_sub(4)..(i + 5).min(256)).filter(|j| j != i).map(|j| cuenta[j]).sum();
        cuenta[*i] >= 40 && cuenta[*i] * 100 <= MAXIMO_DE_TINTA * luz.len() && cuenta[*i] * 2 >= vecinos
    };
    let candidatos: Vec<u8> = (0..256).filter(destaca).map(|i| i as u8).collect();
    let mut extremos: Vec<u8> = candidatos.first().into_iter().chain(candidatos.last()).copied().collect();
    extremos.dedup();
    extremos
}

fn buscar_a_todos_los_tamanos(mut plano: Plano, tinta: bool, rigor: Rigor, hallados: &mut Vec<Recuadro>) {
    for nivel in 0..NIVELES {
        if plano.ancho.min(plano.alto) < if nivel == 0 { LADO_MINIMO } else { LADO_DE_COPIA } {
            return;
        }
        let a_tamano = |c: Recuadro| Recuadro::nueva(c.x << nivel, c.y << nivel, c.ancho << nivel, c.alto << nivel);
        hallados.extend(buscar(&plano, tinta, nivel, rigor).into_iter().map(a_tamano));
        let de_lado = buscar(&plano.traspuesto(), tinta, nivel, rigor);
        hallados.extend(de_lado.iter().map(|c| a_tamano(c.traspuesta())));
        if nivel + 1 < NIVELES {
            plano = plano.mitad();
        }
    }
}

/// Horizontal lines of text at one size.
fn buscar(plano: &Plano, tinta: bool, nivel: u32, rigor: Rigor) -> Vec<Recuadro> {
    let (ancho, alto) = (plano.ancho, plano.alto);
    let bordes = bordes::bordes(&plano.gradiente(), ancho, alto, plano.tapado().as_deref());
    let luz = plano.luz();
    let partes = densidad::partes(&bordes, ancho, alto);
    let vista = Vista { bordes: &bordes, luz: &luz, ancho, tinta, nivel };
    partes.iter().flat_map(|parte| juicio::texto(parte, &vista, rigor)).collect()
}

//! Whether a dense part looks like writing.

use super::{Rigor, densidad::Tramo};
use crate::pixeles::politica::Recuadro;

/// What is measured on the edges of a part.
#[derive(Clone, Debug)]
pub(super) struct Medidas {
    pub recuadro: Recuadro,
    pub bordes: usize,
    /// Rows with at least two edges.
    pub filas: usize,
    /// Edges that go up in light from left to right.
    pub suben: usize,
    /// The largest share of the edges whose bright side, or whose dark side, has one light.
    pub claros: usize,
    pub oscuros: usize,
    /// Edges of the part seen from above.
    pub cruzados: usize,
}

pub(super) fn medir(parte: &[Tramo], bordes: &[u8], luz: &[u8], ancho: usize) -> Option<Medidas> {
    let mut caja: Option<(usize, usize, usize, usize)> = None;
    let (mut total, mut filas, mut suben, mut cruzados) = (0, 0, 0, 0);
    let (mut claros, mut oscuros) = ([0_u32; 256], [0_u32; 256]);
    let mut en_la_fila = (usize::MAX, 0);
    for tramo in parte {
        let desde = tramo.y * ancho;
        for x in tramo.inicio..tramo.fin {
            if bordes[desde + x] == 0 {
                continue;
            }
            let (a, b) = (luz[desde + x], luz[desde + x + 1]);
            claros[usize::from(a.max(b))] += 1;
            oscuros[usize::from(a.min(b))] += 1;
            suben += usize::from(b > a);
            total += 1;
            cruzados += usize::from(tramo.y > 0 && bordes[desde + x - ancho] == 0);
            en_la_fila = if en_la_fila.0 == tramo.y { (tramo.y, en_la_fila.1 + 1) } else { (tramo.y, 1) };
            filas += usize::from(en_la_fila.1 == 2);
            let (x0, y0, x1, y1) = caja.unwrap_or((x, tramo.y, x, tramo.y));
            caja = Some((x0.min(x), y0.min(tramo.y), x1.max(x + 1), y1.max(tramo.y)));
        }
    }
    let (x0, y0, x1, y1) = caja?;
    let recuadro = Recuadro::nueva(x0 as u32, y0 as u32, (x1 - x0 + 1) as u32, (y1 - y0 + 1) as u32);
    let (claros, oscuros) = (concentracion(&claros, &oscuros, total), concentracion(&oscuros, &claros, total));
    Some(Medidas { recuadro, bordes: total, filas, suben, claros, oscuros, cruzados })
}

/// The share, in percent, of the fullest tenth of the range that the two sides span together.
fn concentracion(unos: &[u32; 256], otros: &[u32; 256], total: usize) -> usize {
    let lleno = |i: &usize| unos[*i] + otros[*i] > 0;
    let (Some(primero), Some(ultimo)) = ((0..256).find(lleno), (0..256).rfind(lleno)) else { return 0 };
    let ventana = ((ultimo - primero) / 8).max(1);
    let mayor = unos[primero..=ultimo].windows((ventana).min(ultimo - primero + 1)).map(|v| v.iter().sum::<u32>()).max();
    mayor.unwrap_or(0) as usize * 100 / total.max(1)
}

impl Medidas {
    pub fn es_texto(&self, rigor: Rigor) -> bool {
        let (ancho, alto) = (self.recuadro.ancho as usize, self.recuadro.alto as usize);
        let tamano = alto >= 5 && ancho >= 7 && self.bordes >= 20 && 3 * ancho >= 2 * alto.min(40);
        let denso = self.bordes * 100 >= 12 * ancho * alto;
        let filas = self.filas * 10 >= alto * 6;
        let equilibrado = self.suben * 100 >= 33 * self.bordes && self.suben * 100 <= 67 * self.bordes;
        let plano = self.claros.max(self.oscuros) >= if rigor == Rigor::Estricto { 30 } else { 45 };
        tamano && denso && filas && equilibrado && plano
    }
}

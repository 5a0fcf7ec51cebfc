//! Whether a dense part looks like writing: thin strokes of one ink, many of them, of much the same width.

use super::{Rigor, densidad::Tramo};
use crate::pixeles::politica::Recuadro;

/// The widest stroke, in pixels; larger letters are found in a smaller copy of the picture.
const TRAZO: usize = 12;
/// Parts taller than this are judged in pieces, for text next to dense anatomy.
const ALTO_DE_LINEA: usize = 56;
/// The size of those pieces.
const PIEZA: (usize, usize) = (96, 28);

/// A picture with its edges.
#[derive(Clone, Copy)]
pub(super) struct Vista<'a> {
    pub bordes: &'a [u8],
    pub luz: &'a [u8],
    pub ancho: usize,
    /// The picture is the mask of one ink.
    pub tinta: bool,
    /// Times that the picture was halved.
    pub nivel: u32,
}

/// Strokes of one polarity, by their light and their width.
struct Trazos {
    luces: [u32; 256],
    anchos: [u32; TRAZO + 1],
    total: u32,
}

/// What is measured on the edges of a part.
struct Medidas {
    recuadro: Recuadro,
    bordes: usize,
    /// Rows with at least two edges.
    filas: usize,
    claros: Trazos,
    oscuros: Trazos,
    /// From the middle of the dark strokes to the middle of the bright ones.
    contraste: usize,
    /// Edges right below another: all of them in bars.
    verticales: usize,
}

/// What the strokes of a part have to show.
#[derive(Clone, Copy, Debug)]
enum Criterio {
    /// The shares of the strokes that have one light and one width.
    Luz { tinta: u32, ancho: u32 },
    /// The picture is the mask of one ink.
    Tinta,
}

/// The boxes around what is writing in a part.
pub(super) fn texto(parte: &[Tramo], vista: &Vista<'_>, rigor: Rigor) -> Vec<Recuadro> {
    let (Some(primero), Some(ultimo)) = (parte.first(), parte.last()) else { return Vec::new() };
    let (criterio, partes) = match (ultimo.y - primero.y < ALTO_DE_LINEA, vista.tinta, rigor) {
        (true, true, _) => (Criterio::Tinta, vec![parte.to_vec()]),
        (false, true, _) => return Vec::new(),
        // Far from the size of the picture, anatomy has strokes: only clear lines count.
        (true, false, _) if vista.nivel > 1 => (Criterio::Luz { tinta: 65, ancho: 70 }, vec![parte.to_vec()]),
        (false, false, _) if vista.nivel > 1 => return Vec::new(),
        (true, false, _) => (Criterio::Luz { tinta: 50, ancho: 55 }, vec![parte.to_vec()]),
        (false, false, Rigor::Estricto) => (Criterio::Luz { tinta: 50, ancho: 55 }, piezas(parte)),
        (false, false, Rigor::Normal) => (Criterio::Luz { tinta: 65, ancho: 70 }, piezas(parte)),
    };
    let medidas = partes.iter().filter_map(|parte| medir(parte, vista));
    medidas.filter(|m| m.es_texto(criterio)).map(|m| m.recuadro).collect()
}

fn piezas(parte: &[Tramo]) -> Vec<Vec<Tramo>> {
    let mut piezas: std::collections::BTreeMap<(usize, usize), Vec<Tramo>> = std::collections::BTreeMap::new();
    for tramo in parte {
        let mut inicio = tramo.inicio;
        while inicio < tramo.fin {
            let columna = inicio / PIEZA.0;
            let fin = tramo.fin.min((columna + 1) * PIEZA.0);
            piezas.entry((tramo.y / PIEZA.1, columna)).or_default().push(Tramo { y: tramo.y, inicio, fin });
            inicio = fin;
        }
    }
    piezas.into_values().collect()
}

fn medir(parte: &[Tramo], vista: &Vista<'_>) -> Option<Medidas> {
    let mut caja: Option<(usize, usize, usize, usize)> = None;
    let (mut total, mut filas, mut verticales, mut en_fila) = (0, 0, 0, (usize::MAX, 0));
    let (mut claros, mut oscuros) = (Trazos::nuevos(), Trazos::nuevos());
    let Vista { bordes, luz, ancho, .. } = *vista;
    for tramo in parte {
        let fila = &luz[tramo.y * ancho..(tramo.y + 1) * ancho];
        let marcas = &bordes[tramo.y * ancho..(tramo.y + 1) * ancho];
        let mut anterior: Option<(usize, bool)> = None;
        for x in (tramo.inicio..tramo.fin.min(ancho - 1)).filter(|x| marcas[*x] == 1) {
            let (a, b) = (fila[x], fila[x + 1]);
            let sube = b > a;
            if let Some((desde, subia)) = anterior.filter(|(_, subia)| *subia != sube) {
                let trazo = &fila[desde + 1..=x];
                if subia { claros.anadir(trazo, |t| t.iter().max()) } else { oscuros.anadir(trazo, |t| t.iter().min()) }
            }
            anterior = Some((x, sube));
            total += 1;
            verticales += usize::from(tramo.y > 0 && bordes[(tramo.y - 1) * ancho + x] == 1);
            en_fila = if en_fila.0 == tramo.y { (tramo.y, en_fila.1 + 1) } else { (tramo.y, 1) };
            filas += usize::from(en_fila.1 == 2);
            let (x0, y0, x1, y1) = caja.unwrap_or((x, tramo.y, x, tramo.y));
            caja = Some((x0.min(x), y0.min(tramo.y), x1.max(x + 1), y1.max(tramo.y)));
        }
    }
    let (x0, y0, x1, y1) = caja?;
    let recuadro = Recuadro::nueva(x0 as u32, y0 as u32, (x1 - x0 + 1) as u32, (y1 - y0 + 1) as u32);
    let contraste = claros.mediana().saturating_sub(oscuros.mediana());
    Some(Medidas { recuadro, bordes: total, filas, claros, oscuros, contraste, verticales })
}

impl Trazos {
    fn nuevos() -> Self {
        Self { luces: [0; 256], anchos: [0; TRAZO + 1], total: 0 }
    }

    fn anadir(&mut self, trazo: &[u8], extremo: impl Fn(&[u8]) -> Option<&u8>) {
        if let Some(luz) = extremo(trazo).filter(|_| trazo.len() <= TRAZO) {
            self.luces[usize::from(*luz)] += 1;
            self.anchos[trazo.len()] += 1;
            self.total += 1;
        }
    }

    fn mediana(&self) -> usize {
        let mut bajo = 0;
        let lugar = self.luces.iter().position(|n| {
            bajo += n;
            bajo * 2 > self.total
        });
        lugar.unwrap_or(0)
    }

    /// The share, in percent, of the strokes that lie in the fullest `ventana` of lights.
    fn de_una_tinta(&self, ventana: usize) -> u32 {
        let mejor = self.luces.windows(ventana.clamp(1, 256)).map(|v| v.iter().sum::<u32>()).max();
        mejor.unwrap_or(0) * 100 / self.total.max(1)
    }

    /// The share, in percent, of the strokes with the most frequent three widths in a row.
    fn de_un_ancho(&self) -> u32 {
        self.anchos.windows(3).map(|v| v.iter().sum::<u32>()).max().unwrap_or(0) * 100 / self.total.max(1)
    }
}

impl Medidas {
    /// The bounds were chosen on edges of drawn text and of anatomy without text; shares are percents.
    fn es_texto(&self, criterio: Criterio) -> bool {
        let (ancho, alto) = (self.recuadro.ancho as usize, self.recuadro.alto as usize);
        let tamano = alto >= 5 && ancho >= 7 && self.bordes >= 20 && 3 * ancho >= 2 * alto.min(40);
        let denso = self.bordes * 100 >= 12 * ancho * alto;
        let filas = self.filas * 10 >= alto * 6;
        // The first row has nothing above it.
        let barras = self.verticales * 100 >= 96 * (self.bordes - self.bordes / alto);
        if !(tamano && denso && filas) || barras {
            return false;
        }
        let [menos, mas] = self.nitidez();
        match criterio {
            // A mask has one ink by construction: its strokes must be many and alike, in one line.
            Criterio::Tinta => {
                let apretado = self.bordes * 100 >= 15 * ancho * alto && self.bordes >= 30;
                apretado && alto <= 40 && menos >= 20 && self.claros.de_un_ancho() >= 75
            }
            Criterio::Luz { tinta, ancho } => {
                // Faint strokes must be the more alike.
                let (tinta, ancho) = if self.contraste >= 30 { (tinta, ancho) } else { (80, 70) };
                let trazos = |t: &Trazos| self.son_trazos(t, tinta, ancho);
                let alguno = trazos(&self.claros) || trazos(&self.oscuros);
                menos >= 18 && mas >= 22 && self.contraste >= 14 && alguno
            }
        }
    }

    /// The shares of the edges that begin a stroke, of the dark ones and the bright ones, the smaller first.
    /// Anatomy has ramps of several edges between its lights and its darks.
    fn nitidez(&self) -> [usize; 2] {
        let parte = |t: &Trazos| t.total as usize * 100 / self.bordes.max(1);
        let (claros, oscuros) = (parte(&self.claros), parte(&self.oscuros));
        [claros.min(oscuros), claros.max(oscuros)]
    }

    fn son_trazos(&self, trazos: &Trazos, tinta: u32, ancho: u32) -> bool {
        let bastantes = trazos.total >= 8 && trazos.total as usize * 100 >= 28 * self.bordes.min(400);
        bastantes && trazos.de_una_tinta(self.contraste * 3 / 10) >= tinta && trazos.de_un_ancho() >= ancho
    }
}

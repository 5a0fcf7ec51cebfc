//! Where edges are dense, and the connected parts of it.

/// Half of the window, across and down.
const MEDIO_ANCHO: usize = 8;
const MEDIO_ALTO: usize = 2;
/// Edges in the window that make it dense.
const DENSO: u16 = 14;

/// A run of dense pixels in a row; `fin` is beyond the last.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tramo {
    pub y: usize,
    pub inicio: usize,
    pub fin: usize,
}

/// The dense parts of a map of edges, each as its runs from top to bottom.
pub(super) fn partes(bordes: &[u8], ancho: usize, alto: usize) -> Vec<Vec<Tramo>> {
    let tramos = tramos(bordes, ancho, alto);
    agrupar(&tramos)
}

fn tramos(bordes: &[u8], ancho: usize, alto: usize) -> Vec<Tramo> {
    let mut columna = vec![0_u8; ancho];
    let sumar = |columna: &mut [u8], y: usize, mas: bool| {
        let fila = &bordes[y * ancho..(y + 1) * ancho];
        columna.iter_mut().zip(fila).for_each(|(suma, borde)| *suma = if mas { *suma + borde } else { *suma - borde });
    };
    (0..MEDIO_ALTO.min(alto)).for_each(|y| sumar(&mut columna, y, true));
    let mut tramos = Vec::new();
    for y in 0..alto {
        if y + MEDIO_ALTO < alto {
            sumar(&mut columna, y + MEDIO_ALTO, true);
        }
        if y > MEDIO_ALTO {
            sumar(&mut columna, y - MEDIO_ALTO - 1, false);
        }
        tramos_de_fila(&columna, y, &mut tramos);
    }
    tramos
}

fn tramos_de_fila(columna: &[u8], y: usize, tramos: &mut Vec<Tramo>) {
    let ancho = columna.len();
    let mut suma: u16 = columna[..MEDIO_ANCHO.min(ancho)].iter().map(|n| u16::from(*n)).sum();
    let mut inicio = None;
    for x in 0..ancho {
        if x + MEDIO_ANCHO < ancho {
            suma += u16::from(columna[x + MEDIO_ANCHO]);
        }
        if x > MEDIO_ANCHO {
            suma -= u16::from(columna[x - MEDIO_ANCHO - 1]);
        }
        match (suma >= DENSO, inicio) {
            (true, None) => inicio = Some(x),
            (false, Some(desde)) => {
                tramos.push(Tramo { y, inicio: desde, fin: x });
                inicio = None;
            }
            _ => {}
        }
    }
    if let Some(desde) = inicio {
        tramos.push(Tramo { y, inicio: desde, fin: ancho });
    }
}

fn raiz(padres: &mut [usize], mut i: usize) -> usize {
    while padres[i] != i {
        padres[i] = padres[padres[i]];
        i = padres[i];
    }
    i
}

/// Joins the runs that touch, corners included.
fn agrupar(tramos: &[Tramo]) -> Vec<Vec<Tramo>> {
    let mut padres: Vec<usize> = (0..tramos.len()).collect();
    let mut arriba = 0;
    for i in 0..tramos.len() {
        let este = tramos[i];
        while tramos[arriba].y + 1 < este.y || (tramos[arriba].y + 1 == este.y && tramos[arriba].fin < este.inicio) {
            arriba += 1;
        }
        let vecinos = tramos[arriba..i].iter().take_while(|t| t.y < este.y && t.inicio <= este.fin);
        let cuantos = vecinos.count();
        for j in arriba..arriba + cuantos {
            let (a, b) = (raiz(&mut padres, j), raiz(&mut padres, i));
            padres[a.max(b)] = a.min(b);
        }
    }
    let mut numero = vec![usize::MAX; tramos.len()];
    let mut partes: Vec<Vec<Tramo>> = Vec::new();
    for (i, tramo) in tramos.iter().enumerate() {
        let suya = raiz(&mut padres, i);
        if numero[suya] == usize::MAX {
            numero[suya] = partes.len();
            partes.push(Vec::new());
        }
        partes[numero[suya]].push(*tramo);
    }
    partes
}

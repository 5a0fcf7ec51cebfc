use crate::Definicion;

/// Where each step is drawn: a column per length of the longest way to it, a row within the column.
pub(super) struct Trazado {
    pub lugares: Vec<Lugar>,
    pub columnas: usize,
    pub filas: usize,
}

#[derive(Clone, Copy)]
pub(super) struct Lugar {
    pub columna: usize,
    /// In half rows, so that shorter columns stand in the middle.
    pub media_fila: usize,
}

impl Trazado {
    pub(super) fn de(definicion: &Definicion) -> Self {
        let previos = previos(definicion);
        let mut columnas: Vec<usize> = Vec::with_capacity(previos.len());
        for propios in &previos {
            columnas.push(propios.iter().map(|&previo| columnas[previo] + 1).max().unwrap_or(0));
        }
        let ancho = columnas.iter().max().map_or(0, |ultima| ultima + 1);
        let altos: Vec<usize> =
            (0..ancho).map(|columna| columnas.iter().filter(|otra| **otra == columna).count()).collect();
        let alto = altos.iter().copied().max().unwrap_or(0);
        let mut lugares = vec![Lugar { columna: 0, media_fila: 0 }; previos.len()];
        for (columna, &alto_propio) in altos.iter().enumerate() {
            let mut pasos: Vec<usize> = (0..previos.len()).filter(|&paso| columnas[paso] == columna).collect();
            pasos.sort_by_key(|&paso| altura_media(&previos[paso], &lugares));
            for (fila, paso) in pasos.into_iter().enumerate() {
                lugares[paso] = Lugar { columna, media_fila: alto - alto_propio + 2 * fila };
            }
        }
        Self { lugares, columnas: ancho, filas: alto }
    }
}

/// The places of each step's predecessors; they come before it.
fn previos(definicion: &Definicion) -> Vec<Vec<usize>> {
    let pasos = definicion.pasos();
    let lugar = |clave: &String| pasos.iter().position(|paso| paso.clave == *clave);
    pasos.iter().map(|paso| paso.despues_de.iter().filter_map(lugar).collect()).collect()
}

/// Keeps branches level: a step goes by the height of what precedes it.
fn altura_media(previos: &[usize], lugares: &[Lugar]) -> usize {
    let suma: usize = previos.iter().map(|&previo| lugares[previo].media_fila).sum();
    (suma * 16).checked_div(previos.len()).unwrap_or(0)
}

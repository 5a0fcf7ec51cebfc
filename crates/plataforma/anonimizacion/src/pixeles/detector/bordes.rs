//! Edges that stand out from the grain of their surroundings.

/// Side of the tiles whose grain is measured.
const LADO: usize = 32;
/// The faintest edge that counts, of 255.
const MINIMO: usize = 9;
/// The share of a surrounding that lies below its grain, in percent.
const CUANTIL: usize = 40;

/// 1 where the gradient is an edge. What `tapado` marks is no part of the picture: it has neither edges nor grain.
pub(super) fn bordes(gradiente: &[u8], ancho: usize, alto: usize, tapado: Option<&[bool]>) -> Vec<u8> {
    let (columnas, filas) = (ancho.div_ceil(LADO), alto.div_ceil(LADO));
    let histogramas = histogramas(gradiente, ancho, columnas, filas, tapado);
    let umbrales: Vec<u8> =
        (0..filas * columnas).map(|i| umbral(&histogramas, columnas, filas, i % columnas, i / columnas)).collect();
    let mut salida = vec![0; gradiente.len()];
    for (y, (fila, destino)) in gradiente.chunks_exact(ancho).zip(salida.chunks_exact_mut(ancho)).enumerate() {
        let umbrales = &umbrales[y / LADO * columnas..];
        for ((trozo, destino), umbral) in fila.chunks(LADO).zip(destino.chunks_mut(LADO)).zip(umbrales) {
            trozo.iter().zip(destino).for_each(|(valor, borde)| *borde = u8::from(valor > umbral));
        }
    }
    if let Some(tapado) = tapado {
        salida.iter_mut().zip(tapado).filter(|(_, tapado)| **tapado).for_each(|(borde, _)| *borde = 0);
    }
    salida
}

/// Gradients of each tile in bins: fine where grain lies, coarse above.
fn histogramas(
    gradiente: &[u8],
    ancho: usize,
    columnas: usize,
    filas: usize,
    tapado: Option<&[bool]>,
) -> Vec<[u16; 64]> {
    let mut histogramas = vec![[0; 64]; columnas * filas];
    for (y, fila) in gradiente.chunks_exact(ancho).enumerate() {
        for (trozo, histograma) in fila.chunks(LADO).zip(&mut histogramas[y / LADO * columnas..]) {
            trozo.iter().for_each(|valor| histograma[usize::from(*valor).min(63)] += 1);
        }
    }
    let tapados = tapado.unwrap_or_default().iter().enumerate().filter(|(_, tapado)| **tapado);
    for (i, _) in tapados {
        let tesela = i / ancho / LADO * columnas + i % ancho / LADO;
        histogramas[tesela][usize::from(gradiente[i]).min(63)] -= 1;
    }
    histogramas
}

/// The threshold of a tile from the grain of the nine tiles around it.
fn umbral(histogramas: &[[u16; 64]], columnas: usize, filas: usize, x: usize, y: usize) -> u8 {
    let mut suma = [0_usize; 64];
    for fila in y.saturating_sub(1)..(y + 2).min(filas) {
        for columna in x.saturating_sub(1)..(x + 2).min(columnas) {
            let suyo = &histogramas[fila * columnas + columna];
            suma.iter_mut().zip(suyo).for_each(|(suma, n)| *suma += usize::from(*n));
        }
    }
    let pixeles: usize = suma.iter().sum();
    if pixeles == 0 {
        return u8::MAX;
    }
    let mut bajo = 0;
    let grano = suma.iter().position(|n| {
        bajo += n;
        bajo * 100 >= pixeles * CUANTIL
    });
    (MINIMO + 4 * grano.unwrap_or(0)).min(250) as u8
}

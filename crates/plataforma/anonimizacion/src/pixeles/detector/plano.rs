use crate::pixeles::politica::Recuadro;

/// A picture to look at: one plane of light, or three planes of colour.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Plano {
    pub ancho: usize,
    pub alto: usize,
    pub canales: Vec<Vec<u8>>,
    /// Boxes already blanked: their edges are not the picture's.
    pub tapados: Vec<Recuadro>,
}

const BLOQUE: usize = 32;

impl Plano {
    pub fn nuevo(ancho: usize, alto: usize, canales: Vec<Vec<u8>>) -> Self {
        Self { ancho, alto, canales, tapados: Vec::new() }
    }

    /// Another picture of the same place.
    pub fn con(&self, canales: Vec<Vec<u8>>) -> Self {
        Self { ancho: self.ancho, alto: self.alto, canales, tapados: self.tapados.clone() }
    }

    /// How far each pixel is from grey; `None` for a grey picture.
    pub fn color(&self) -> Option<Self> {
        let [rojo, verde, azul] = &self.canales[..] else { return None };
        let colores = rojo.iter().zip(verde).zip(azul);
        Some(self.con(vec![colores.map(|((r, v), a)| r.max(v).max(a) - r.min(v).min(a)).collect()]))
    }

    /// The light of each pixel.
    pub fn luz(&self) -> Vec<u8> {
        match &self.canales[..] {
            [rojo, verde, azul] => {
                let colores = rojo.iter().zip(verde).zip(azul);
                colores
                    .map(|((r, v), a)| ((u32::from(*r) * 77 + u32::from(*v) * 150 + u32::from(*a) * 29) >> 8) as u8)
                    .collect()
            }
            otros => otros[0].clone(),
        }
    }

    /// Rows become columns.
    pub fn traspuesto(&self) -> Self {
        let canales = self.canales.iter().map(|canal| trasponer(canal, self.ancho, self.alto)).collect();
        Self {
            ancho: self.alto,
            alto: self.ancho,
            canales,
            tapados: self.tapados.iter().map(Recuadro::traspuesta).collect(),
        }
    }

    /// Half the size: the mean of each four pixels.
    pub fn mitad(&self) -> Self {
        let (ancho, alto) = (self.ancho / 2, self.alto / 2);
        let reducir = |canal: &Vec<u8>| {
            let mut salida = Vec::with_capacity(ancho * alto);
            for y in 0..alto {
                let arriba = &canal[2 * y * self.ancho..][..2 * ancho];
                let abajo = &canal[(2 * y + 1) * self.ancho..][..2 * ancho];
                let pares = arriba.chunks_exact(2).zip(abajo.chunks_exact(2));
                salida.extend(pares.map(|(a, b)| {
                    ((u16::from(a[0]) + u16::from(a[1]) + u16::from(b[0]) + u16::from(b[1]) + 2) >> 2) as u8
                }));
            }
            salida
        };
        let tapado = |c: &Recuadro| {
            let (x, y) = (c.x / 2, c.y / 2);
            Recuadro::nueva(x, y, c.derecha().div_ceil(2) - x, c.abajo().div_ceil(2) - y)
        };
        let tapados = self.tapados.iter().map(tapado).collect();
        Self { ancho, alto, canales: self.canales.iter().map(reducir).collect(), tapados }
    }

    /// How much each pixel differs from the next one of its row, in the channel where it does most.
    pub fn gradiente(&self) -> Vec<u8> {
        let mut salida = vec![0; self.ancho * self.alto];
        for canal in &self.canales {
            for (fila, destino) in canal.chunks_exact(self.ancho).zip(salida.chunks_exact_mut(self.ancho)) {
                for ((destino, este), otro) in destino.iter_mut().zip(fila).zip(&fila[1..]) {
                    *destino = (*destino).max(este.abs_diff(*otro));
                }
            }
        }
        salida
    }

    /// Where the picture is blank, and one pixel before each box; `None` if it is nowhere.
    pub fn tapado(&self) -> Option<Vec<bool>> {
        let mut tapado = vec![false; self.ancho * self.alto];
        for caja in self.tapados.iter().filter_map(|c| c.dentro_de(self.ancho as u32, self.alto as u32)) {
            for y in caja.y as usize..caja.abajo() as usize {
                let fila = &mut tapado[y * self.ancho..(y + 1) * self.ancho];
                fila[(caja.x as usize).saturating_sub(1)..caja.derecha() as usize].fill(true);
            }
        }
        (!self.tapados.is_empty()).then_some(tapado)
    }
}

pub(super) fn trasponer(canal: &[u8], ancho: usize, alto: usize) -> Vec<u8> {
    let mut salida = vec![0; canal.len()];
    for y0 in (0..alto).step_by(BLOQUE) {
        for x0 in (0..ancho).step_by(BLOQUE) {
            for y in y0..(y0 + BLOQUE).min(alto) {
                for x in x0..(x0 + BLOQUE).min(ancho) {
                    salida[x * alto + y] = canal[y * ancho + x];
                }
            }
        }
    }
    salida
}

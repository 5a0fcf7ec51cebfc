//! The colours of a PALETTE COLOR image (PS3.3, C.7.6.3.1.5).

use dicom_core::Tag;
use dicom_dictionary_std::tags;
use dicom_object::InMemDicomObject;

use super::informe::RechazoPixeles;

/// The three tables, each entry cut to eight bits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Paleta {
    primero: i64,
    colores: Vec<[u8; 3]>,
}

struct Canal {
    descriptor: Tag,
    datos: Tag,
    segmentado: Tag,
}

const CANALES: [Canal; 3] = [
    Canal {
        descriptor: tags::RED_PALETTE_COLOR_LOOKUP_TABLE_DESCRIPTOR,
        datos: tags::RED_PALETTE_COLOR_LOOKUP_TABLE_DATA,
        segmentado: tags::SEGMENTED_RED_PALETTE_COLOR_LOOKUP_TABLE_DATA,
    },
    Canal {
        descriptor: tags::GREEN_PALETTE_COLOR_LOOKUP_TABLE_DESCRIPTOR,
        datos: tags::GREEN_PALETTE_COLOR_LOOKUP_TABLE_DATA,
        segmentado: tags::SEGMENTED_GREEN_PALETTE_COLOR_LOOKUP_TABLE_DATA,
    },
    Canal {
        descriptor: tags::BLUE_PALETTE_COLOR_LOOKUP_TABLE_DESCRIPTOR,
        datos: tags::BLUE_PALETTE_COLOR_LOOKUP_TABLE_DATA,
        segmentado: tags::SEGMENTED_BLUE_PALETTE_COLOR_LOOKUP_TABLE_DATA,
    },
];

impl Paleta {
    pub fn leer(objeto: &InMemDicomObject) -> Result<Self, RechazoPixeles> {
        let mut canales = Vec::new();
        let mut primero = 0;
        for canal in &CANALES {
            let (inicio, tabla) = canal.leer(objeto).ok_or(RechazoPixeles::DescripcionInvalida)?;
            primero = inicio;
            canales.push(tabla);
        }
        let largo = canales.iter().map(Vec::len).min().unwrap_or(0);
        if largo == 0 {
            return Err(RechazoPixeles::DescripcionInvalida);
        }
        let colores = (0..largo).map(|i| [canales[0][i], canales[1][i], canales[2][i]]).collect();
        Ok(Self { primero, colores })
    }

    /// The colour of a stored value; those outside of the table have the colour of its end.
    pub fn color(&self, valor: i64) -> [u8; 3] {
        self.colores[(valor - self.primero).clamp(0, self.colores.len() as i64 - 1) as usize]
    }

    /// The stored value of the darkest colour.
    pub fn mas_oscuro(&self) -> i64 {
        let luz = |color: &[u8; 3]| u32::from(color[0]) * 77 + u32::from(color[1]) * 150 + u32::from(color[2]) * 29;
        let lugar = (0..self.colores.len()).min_by_key(|i| luz(&self.colores[*i])).unwrap_or(0);
        self.primero + lugar as i64
    }
}

impl Canal {
    /// The first stored value of the table and its entries.
    fn leer(&self, objeto: &InMemDicomObject) -> Option<(i64, Vec<u8>)> {
        let descriptor = objeto.get(self.descriptor)?.value().to_multi_int::<i64>().ok()?;
        let [entradas, primero, bits] = descriptor[..] else { return None };
        let entradas = match entradas & 0xFFFF {
            0 => 65_536,
            n => n as usize,
        };
        if let Some(datos) = objeto.get(self.datos) {
            let bytes = palabras_a_bytes(datos)?;
            // Entries of eight bits may lie in words of their own or two in a word.
            let tabla: Vec<u8> = if bytes.len() >= 2 * entradas {
                let alto = usize::from(bits > 8 || bytes.chunks_exact(2).any(|b| b[1] != 0));
                bytes.chunks_exact(2).take(entradas).map(|b| b[alto]).collect()
            } else {
                bytes.into_iter().take(entradas).collect()
            };
            return Some((primero, tabla));
        }
        let bytes = palabras_a_bytes(objeto.get(self.segmentado)?)?;
        let palabras: Vec<u16> = bytes.chunks_exact(2).map(|b| u16::from_le_bytes([b[0], b[1]])).collect();
        let tabla = desplegar(&palabras, entradas)?;
        Some((primero, tabla.into_iter().map(|n| (n >> 8) as u8).collect()))
    }
}

fn palabras_a_bytes(elemento: &dicom_object::mem::InMemElement) -> Option<Vec<u8>> {
    use dicom_core::PrimitiveValue::{U8, U16};
    match elemento.value().primitive()? {
        U8(bytes) => Some(bytes.to_vec()),
        U16(palabras) => Some(palabras.iter().flat_map(|p| p.to_le_bytes()).collect()),
        otro => Some(otro.to_bytes().into_owned()),
    }
}

/// Unfolds discrete and linear segments (PS3.3, C.7.9.2); indirect ones are not accepted.
fn desplegar(mut palabras: &[u16], entradas: usize) -> Option<Vec<u16>> {
    let mut tabla: Vec<u16> = Vec::new();
    while tabla.len() < entradas {
        let (&[codigo, largo], resto) = palabras.split_first_chunk::<2>()?;
        let largo = usize::from(largo);
        palabras = match codigo {
            0 => {
                tabla.extend(resto.get(..largo)?);
                &resto[largo..]
            }
            1 => {
                let (hasta, resto) = resto.split_first()?;
                let desde = i64::from(*tabla.last()?);
                let tramo = i64::from(*hasta) - desde;
                tabla.extend((1..=largo).map(|i| (desde + tramo * i as i64 / largo as i64) as u16));
                resto
            }
            _ => return None,
        };
    }
    tabla.truncate(entradas);
    Some(tabla)
}

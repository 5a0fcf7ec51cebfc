//! The segments of a JPEG or JPEG-LS stream, and the stream without those that only talk about it.

use crate::pixeles::informe::RechazoPixeles;

const SOS: u8 = 0xDA;
const EOI: u8 = 0xD9;

/// A marker with its segment and, after a start of scan, the coded data.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Segmento {
    pub marcador: u8,
    pub inicio: usize,
    pub fin: usize,
}

/// What the frame header says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Marco {
    pub tipo: u8,
    pub precision: u8,
    pub alto: usize,
    pub ancho: usize,
    pub componentes: usize,
}

/// A stream without comments.
pub(crate) struct Limpio {
    pub bytes: Vec<u8>,
    pub quitados: u32,
    pub sobrantes: u64,
}

/// Splits a stream; the end of image, if it is there, is the last one.
pub(crate) fn segmentos(bytes: &[u8]) -> Result<Vec<Segmento>, RechazoPixeles> {
    if !bytes.starts_with(&[0xFF, 0xD8]) {
        return Err(RechazoPixeles::FlujoDanado);
    }
    let mut segmentos = vec![Segmento { marcador: 0xD8, inicio: 0, fin: 2 }];
    let mut en = 2;
    while en < bytes.len() {
        let marcador = match bytes[en..] {
            [0xFF, 0xFF, ..] => {
                en += 1;
                continue;
            }
            [0xFF, EOI, ..] => {
                segmentos.push(Segmento { marcador: EOI, inicio: en, fin: en + 2 });
                return Ok(segmentos);
            }
            [0xFF, marcador, _, _, ..] if marcador >= 0xC0 => marcador,
            _ => return Err(RechazoPixeles::FlujoDanado),
        };
        let largo = usize::from(bytes[en + 2]) << 8 | usize::from(bytes[en + 3]);
        let mut fin = en + 2 + largo;
        if largo < 2 || fin > bytes.len() {
            return Err(RechazoPixeles::FlujoDanado);
        }
        if marcador == SOS {
            fin += datos(&bytes[fin..]);
        }
        segmentos.push(Segmento { marcador, inicio: en, fin });
        en = fin;
    }
    Ok(segmentos)
}

/// The length of coded data: up to the next marker that is not a restart.
fn datos(bytes: &[u8]) -> usize {
    let marca = |par: &[u8]| par[0] == 0xFF && par[1] >= 0x80 && !(0xD0..=0xD7).contains(&par[1]) && par[1] != 0xFF;
    bytes.windows(2).position(marca).unwrap_or(bytes.len())
}

impl Segmento {
    /// The bytes after marker and length.
    pub fn cuerpo<'a>(&self, bytes: &'a [u8]) -> &'a [u8] {
        bytes.get(self.inicio + 4..self.fin).unwrap_or_default()
    }

    fn es_marco(&self) -> bool {
        matches!(self.marcador, 0xC0..=0xCF | 0xF7) && !matches!(self.marcador, 0xC4 | 0xC8 | 0xCC)
    }

    /// Its bytes as they may stay; `None` if it only carries words, thumbnails or profiles.
    fn limpio(&self, bytes: &[u8]) -> Option<Vec<u8>> {
        let cuerpo = self.cuerpo(bytes);
        let app = |n: u8, cuerpo: &[u8]| {
            let largo = cuerpo.len() + 2;
            Some([&[0xFF, 0xE0 + n, (largo >> 8) as u8, largo as u8][..], cuerpo].concat())
        };
        match self.marcador {
            0xE0 if cuerpo.starts_with(b"JFIF\0") && cuerpo.len() >= 14 => {
                app(0, &[&cuerpo[..12], &[0, 0][..]].concat())
            }
            0xE8 if cuerpo.starts_with(b"mrfx") && cuerpo.len() >= 5 => app(8, &cuerpo[..5]),
            0xEE if cuerpo.starts_with(b"Adobe") && cuerpo.len() >= 12 => app(14, &cuerpo[..12]),
            0xE0..=0xEF | 0xF0..=0xF6 | 0xF9..=0xFE => None,
            _ => Some(bytes[self.inicio..self.fin].to_vec()),
        }
    }
}

/// The frame header of a stream.
pub(crate) fn marco(bytes: &[u8], segmentos: &[Segmento]) -> Result<Marco, RechazoPixeles> {
    let segmento = segmentos.iter().find(|s| s.es_marco()).ok_or(RechazoPixeles::FlujoDanado)?;
    let [precision, a1, a0, b1, b0, n, ..] = *segmento.cuerpo(bytes) else { return Err(RechazoPixeles::FlujoDanado) };
    Ok(Marco {
        tipo: segmento.marcador,
        precision,
        alto: usize::from(a1) << 8 | usize::from(a0),
        ancho: usize::from(b1) << 8 | usize::from(b0),
        componentes: n.into(),
    })
}

/// The stream with its image data as it is, without comments, application data and whatever follows its end.
pub(crate) fn limpiar(bytes: &[u8]) -> Result<Limpio, RechazoPixeles> {
    let segmentos = segmentos(bytes)?;
    let fin = segmentos.last().map_or(0, |s| s.fin);
    let mut limpio = Limpio { bytes: Vec::with_capacity(bytes.len()), quitados: 0, sobrantes: 0 };
    let mut con_jfif = false;
    for segmento in &segmentos {
        let repetido = segmento.marcador == 0xE0 && std::mem::replace(&mut con_jfif, true);
        match segmento.limpio(bytes).filter(|_| !repetido) {
            Some(queda) => {
                limpio.quitados += u32::from(queda != bytes[segmento.inicio..segmento.fin]);
                limpio.bytes.extend(queda);
            }
            None => limpio.quitados += 1,
        }
    }
    let cola = &bytes[fin..];
    if cola != [0] {
        limpio.sobrantes = cola.len() as u64;
    }
    if limpio.bytes.len() % 2 == 1 {
        limpio.bytes.push(0);
    }
    Ok(limpio)
}

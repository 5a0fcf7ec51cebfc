//! The pixel data of an object: which element holds it and where each frame lies.

use std::borrow::Cow;

use dicom_core::{PrimitiveValue, Tag, value::Value};
use dicom_dictionary_std::tags;
use dicom_object::{FileDicomObject, InMemDicomObject};

use super::{
    codecs::Codec,
    forma::{Disposicion, Forma},
    informe::RechazoPixeles,
};

/// The pixels of an image as they are in its file.
pub(crate) struct Datos<'a> {
    pub tag: Tag,
    pub codec: Codec,
    pub forma: Forma,
    pub cuadros: u32,
    contenido: Contenido<'a>,
}

enum Contenido<'a> {
    Nativo(Cow<'a, [u8]>),
    Flujos(Vec<Cow<'a, [u8]>>),
}

impl<'a> Datos<'a> {
    /// Finds and measures the pixels; `None` if the object has none.
    pub fn leer(objeto: &'a FileDicomObject<InMemDicomObject>) -> Result<Option<Self>, RechazoPixeles> {
        let candidatos =
            [(tags::PIXEL_DATA, None), (tags::FLOAT_PIXEL_DATA, Some(4)), (tags::DOUBLE_FLOAT_PIXEL_DATA, Some(8))];
        let con_pixeles = candidatos.into_iter().find_map(|(tag, ancho)| Some((tag, ancho, objeto.get(tag)?)));
        let Some((tag, flotante, elemento)) = con_pixeles else { return Ok(None) };
        let sintaxis = objeto.meta().transfer_syntax();
        match elemento.value() {
            Value::Primitive(PrimitiveValue::Empty) => Ok(None),
            Value::Primitive(valor) => {
                let mut forma = Forma::leer(objeto, flotante)?;
                let bytes = bytes_de(valor, &forma, sintaxis);
                let cuadros = medir_nativo(&mut forma, bytes.len())?;
                let codec = Codec::de(sintaxis, false);
                Ok(Some(Self { tag, codec, forma, cuadros, contenido: Contenido::Nativo(bytes) }))
            }
            Value::PixelSequence(secuencia) => {
                let forma = Forma::leer(objeto, None)?;
                let flujos = por_cuadros(objeto, secuencia.fragments(), secuencia.offset_table(), forma.cuadros)?;
                let codec = Codec::de(sintaxis, true);
                // A compressed frame is never subsampled, planar or packed outside its stream.
                let forma = match codec {
                    Codec::NativoEncapsulado => forma,
                    _ => forma.decodificada(forma.fotometria),
                };
                let cuadros = flujos.len() as u32;
                Ok(Some(Self { tag, codec, forma, cuadros, contenido: Contenido::Flujos(flujos) }))
            }
            Value::Sequence(_) => Err(RechazoPixeles::DescripcionInvalida),
        }
    }

    /// The bytes of a frame in the file: native or compressed.
    pub fn flujo(&self, cuadro: u32) -> Result<&[u8], RechazoPixeles> {
        match &self.contenido {
            Contenido::Flujos(flujos) => {
                flujos.get(cuadro as usize).map(|f| f.as_ref()).ok_or(RechazoPixeles::PixelesIncompletos)
            }
            Contenido::Nativo(bytes) => {
                let (inicio, fin) = self.extremos(cuadro);
                bytes.get(inicio..fin).ok_or(RechazoPixeles::PixelesIncompletos)
            }
        }
    }

    /// Where a native frame lies.
    pub fn extremos(&self, cuadro: u32) -> (usize, usize) {
        let cuadro = cuadro as usize;
        if self.forma.disposicion == Disposicion::Bits {
            let bits = self.forma.puntos();
            return (cuadro * bits / 8, ((cuadro + 1) * bits).div_ceil(8));
        }
        let largo = self.forma.bytes_por_cuadro();
        (cuadro * largo, (cuadro + 1) * largo)
    }

    /// A decoded frame and its shape.
    pub fn decodificado(&self, cuadro: u32) -> Result<(Cow<'_, [u8]>, Cow<'_, Forma>), RechazoPixeles> {
        let flujo = self.flujo(cuadro)?;
        match self.codec {
            Codec::Nativo => Ok((Cow::Borrowed(flujo), Cow::Borrowed(&self.forma))),
            Codec::NativoEncapsulado => {
                let bytes = flujo.get(..self.forma.bytes_por_cuadro()).ok_or(RechazoPixeles::PixelesIncompletos)?;
                Ok((Cow::Borrowed(bytes), Cow::Borrowed(&self.forma)))
            }
            codec => {
                let (bytes, forma) = codec.decodificar(flujo, &self.forma)?;
                Ok((Cow::Owned(bytes), Cow::Owned(forma)))
            }
        }
    }

    /// All native bytes, beyond the last frame too.
    pub fn nativos(&self) -> Option<&[u8]> {
        match &self.contenido {
            Contenido::Nativo(bytes) => Some(bytes),
            Contenido::Flujos(_) => None,
        }
    }
}

/// The bytes in little endian, whatever the order of the file.
fn bytes_de<'a>(valor: &'a PrimitiveValue, forma: &Forma, sintaxis: &str) -> Cow<'a, [u8]> {
    match valor {
        PrimitiveValue::U8(bytes) => Cow::Borrowed(&bytes[..]),
        PrimitiveValue::U16(palabras) => {
            let al_reves = sintaxis.trim_end_matches('\0') == "1.2.840.10008.1.2.2" && forma.bytes == 4;
            let en_orden = |par: &[u16]| {
                let (primera, segunda) =
                    if al_reves && par.len() == 2 { (par[1], Some(par[0])) } else { (par[0], par.get(1).copied()) };
                [Some(primera), segunda].into_iter().flatten().flat_map(u16::to_le_bytes).collect::<Vec<_>>()
            };
            if al_reves {
                Cow::Owned(palabras.chunks(2).flat_map(en_orden).collect())
            } else {
                Cow::Owned(palabras.iter().flat_map(|p| p.to_le_bytes()).collect())
            }
        }
        PrimitiveValue::U32(numeros) => Cow::Owned(numeros.iter().flat_map(|n| n.to_le_bytes()).collect()),
        PrimitiveValue::F32(numeros) => Cow::Owned(numeros.iter().flat_map(|n| n.to_le_bytes()).collect()),
        PrimitiveValue::F64(numeros) => Cow::Owned(numeros.iter().flat_map(|n| n.to_le_bytes()).collect()),
        otro => otro.to_bytes(),
    }
}

/// Frames that fit the bytes; settles whether a picture that calls itself subsampled is.
fn medir_nativo(forma: &mut Forma, largo: usize) -> Result<u32, RechazoPixeles> {
    if forma.disposicion == Disposicion::Submuestreada {
        let entera = Forma { disposicion: Disposicion::Entrelazada, ..forma.clone() };
        let cuadros = forma.cuadros.unwrap_or(1) as usize;
        if largo >= entera.bytes_por_cuadro().saturating_mul(cuadros) {
            *forma = entera;
        }
    }
    let caben = match forma.disposicion {
        Disposicion::Bits => largo.saturating_mul(8) / forma.puntos(),
        _ => largo / forma.bytes_por_cuadro(),
    };
    let cuadros = forma.cuadros.unwrap_or(1);
    if caben < cuadros as usize { Err(RechazoPixeles::PixelesIncompletos) } else { Ok(cuadros) }
}

/// Gathers the fragments of each frame.
fn por_cuadros<'a>(
    objeto: &InMemDicomObject,
    fragmentos: &'a [Vec<u8>],
    basica: &[u32],
    dichos: Option<u32>,
) -> Result<Vec<Cow<'a, [u8]>>, RechazoPixeles> {
    let cuadros = dichos.unwrap_or(if basica.len() > 1 { basica.len() as u32 } else { 1 }) as usize;
    if fragmentos.is_empty() || cuadros > fragmentos.len() {
        return Err(RechazoPixeles::PixelesIncompletos);
    }
    let juntos = |grupo: &'a [Vec<u8>]| match grupo {
        [uno] => Cow::Borrowed(&uno[..]),
        varios => Cow::Owned(varios.concat()),
    };
    if cuadros == fragmentos.len() {
        return Ok(fragmentos.iter().map(|f| Cow::Borrowed(&f[..])).collect());
    }
    if cuadros == 1 {
        return Ok(vec![juntos(fragmentos)]);
    }
    let extensa = objeto.get(tags::EXTENDED_OFFSET_TABLE).and_then(|e| e.value().to_bytes().ok());
    let extensa: Vec<u64> = extensa.map_or_else(Vec::new, |bytes| {
        bytes.chunks_exact(8).map(|b| u64::from_le_bytes([b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7]])).collect()
    });
    let basica: Vec<u64> = basica.iter().map(|n| u64::from(*n)).collect();
    let inicios = [extensa, basica].into_iter().find_map(|tabla| segun_tabla(fragmentos, &tabla, cuadros));
    let inicios = inicios.or_else(|| segun_marcas(fragmentos, cuadros)).ok_or(RechazoPixeles::PixelesIncompletos)?;
    let finales = inicios.iter().skip(1).copied().chain([fragmentos.len()]);
    Ok(inicios.iter().zip(finales).map(|(inicio, fin)| juntos(&fragmentos[*inicio..fin])).collect())
}

/// The first fragment of each frame by an offset table, if the table fits the fragments.
fn segun_tabla(fragmentos: &[Vec<u8>], tabla: &[u64], cuadros: usize) -> Option<Vec<usize>> {
    let mut lugar = 0_u64;
    let mut avanzar = |fragmento: &Vec<u8>| {
        let suyo = lugar;
        lugar += 8 + fragmento.len() as u64;
        suyo
    };
    let lugares: Vec<u64> = fragmentos.iter().map(&mut avanzar).collect();
    let inicios: Option<Vec<usize>> = tabla.iter().map(|inicio| lugares.binary_search(inicio).ok()).collect();
    inicios.filter(|i| i.len() == cuadros && i.first() == Some(&0) && i.is_sorted_by(|a, b| a < b))
}

/// The fragments that begin as a compressed stream does.
fn segun_marcas(fragmentos: &[Vec<u8>], cuadros: usize) -> Option<Vec<usize>> {
    let empieza = |f: &Vec<u8>| f.starts_with(&[0xFF, 0xD8, 0xFF]) || f.starts_with(&[0xFF, 0x4F, 0xFF, 0x51]);
    let inicios: Vec<usize> = (0..fragmentos.len()).filter(|i| empieza(&fragmentos[*i])).collect();
    (inicios.len() == cuadros && inicios[0] == 0).then_some(inicios)
}

use std::io::Cursor;

use tiff::{
    ColorType,
    decoder::{Decoder, DecodingResult, Limits},
    encoder::{TiffEncoder, colortype},
};

use super::lamina::{Lamina, comprobar};
use crate::pixeles::{InformePixeles, PoliticaPixeles, RechazoPixeles};

/// What deflate or LZW can make of a byte.
const EXPANSION: usize = 2_000;
/// Pages that are accepted.
const PAGINAS: usize = 4_096;

pub(super) fn limpiar(bytes: &[u8], politica: &PoliticaPixeles) -> Result<(Vec<u8>, InformePixeles), RechazoPixeles> {
    let originales = leer(bytes)?;
    let mut informe = InformePixeles::default();
    let mut limpias = originales.clone();
    for (pagina, lamina) in limpias.iter_mut().enumerate() {
        lamina.limpiar(pagina as u32, politica, &mut informe)?;
    }
    informe.recodificado = true;
    let salida = escribir(&limpias)?;
    let escritas = leer(&salida)?;
    if escritas.len() != originales.len() {
        return Err(RechazoPixeles::PixelAlterado);
    }
    for (pagina, (original, escrita)) in originales.iter().zip(&escritas).enumerate() {
        original.comprobar(escrita, pagina as u32, &informe)?;
    }
    Ok((salida, informe))
}

fn leer(bytes: &[u8]) -> Result<Vec<Lamina>, RechazoPixeles> {
    let mut decodificador = Decoder::new(Cursor::new(bytes)).map_err(|_| RechazoPixeles::FormatoInvalido)?;
    decodificador = decodificador.with_limits(Limits::default());
    let mut paginas = Vec::new();
    loop {
        paginas.push(leer_pagina(&mut decodificador, bytes.len())?);
        if !decodificador.more_images() {
            return Ok(paginas);
        }
        if paginas.len() == PAGINAS {
            return Err(RechazoPixeles::DimensionesImposibles);
        }
        decodificador.next_image().map_err(|_| RechazoPixeles::FlujoDanado)?;
    }
}

fn leer_pagina(decodificador: &mut Decoder<Cursor<&[u8]>>, largo: usize) -> Result<Lamina, RechazoPixeles> {
    let (ancho, alto) = decodificador.dimensions().map_err(|_| RechazoPixeles::FormatoInvalido)?;
    let (ancho, alto) = (ancho as usize, alto as usize);
    comprobar(ancho, alto, largo, EXPANSION)?;
    let color = decodificador.colortype().map_err(|_| RechazoPixeles::FotometriaNoAdmitida)?;
    let (canales, bits) = match color {
        ColorType::Gray(bits) => (1, bits),
        ColorType::GrayA(bits) => (2, bits),
        ColorType::RGB(bits) => (3, bits),
        ColorType::RGBA(bits) => (4, bits),
        _ => return Err(RechazoPixeles::FotometriaNoAdmitida),
    };
    let leido = decodificador.read_image().map_err(|_| RechazoPixeles::FlujoDanado)?;
    let (ancho_de_muestra, bytes) = match (leido, bits) {
        (DecodingResult::U8(bytes), 8) => (1, bytes),
        (DecodingResult::U16(palabras), 16) => (2, palabras.iter().flat_map(|p| p.to_ne_bytes()).collect()),
        _ => return Err(RechazoPixeles::FotometriaNoAdmitida),
    };
    if bytes.len() != ancho * alto * canales * ancho_de_muestra {
        return Err(RechazoPixeles::FlujoIncoherente);
    }
    Ok(Lamina { ancho, alto, canales, ancho_de_muestra, bytes })
}

fn escribir(laminas: &[Lamina]) -> Result<Vec<u8>, RechazoPixeles> {
    let mut salida = Cursor::new(Vec::new());
    let mut codificador = TiffEncoder::new(&mut salida).map_err(|_| RechazoPixeles::CodificacionFallida)?;
    for lamina in laminas {
        let (ancho, alto) = (lamina.ancho as u32, lamina.alto as u32);
        let palabras = || lamina.bytes.chunks_exact(2).map(|b| u16::from_ne_bytes([b[0], b[1]])).collect::<Vec<_>>();
        let escrita = match (lamina.canales, lamina.ancho_de_muestra) {
            (1, 1) => codificador.write_image::<colortype::Gray8>(ancho, alto, &lamina.bytes),
            (3, 1) => codificador.write_image::<colortype::RGB8>(ancho, alto, &lamina.bytes),
            (4, 1) => codificador.write_image::<colortype::RGBA8>(ancho, alto, &lamina.bytes),
            (1, 2) => codificador.write_image::<colortype::Gray16>(ancho, alto, &palabras()),
            (3, 2) => codificador.write_image::<colortype::RGB16>(ancho, alto, &palabras()),
            (4, 2) => codificador.write_image::<colortype::RGBA16>(ancho, alto, &palabras()),
            _ => return Err(RechazoPixeles::FotometriaNoAdmitida),
        };
        escrita.map_err(|_| RechazoPixeles::CodificacionFallida)?;
    }
    Ok(salida.into_inner())
}

//! JPEG, PNG and TIFF files.

use anonimizacion::planas::{FormatoPlano, limpiar_plana};
use image::{
    ExtendedColorType, ImageEncoder,
    codecs::{jpeg::JpegEncoder, png::PngEncoder},
};
use tiff::encoder::{TiffEncoder, colortype};

use crate::{dibujo::Dibujo, imagenes::DETECTAR};

const SECRETO: &[u8] = b"GARCIA LOPEZ MARIA";

fn contiene(bytes: &[u8], parte: &[u8]) -> bool {
    bytes.windows(parte.len()).any(|w| w == parte)
}

fn rotulado() -> Dibujo {
    let mut dibujo = Dibujo::anatomia(320, 200);
    dibujo.escribir("PEREZ JUAN 45Y", 20, 90, 2, 255);
    dibujo
}

fn png(dibujo: &Dibujo) -> Vec<u8> {
    let mut salida = Vec::new();
    let (ancho, alto) = (dibujo.ancho as u32, dibujo.alto as u32);
    PngEncoder::new(&mut salida).write_image(&dibujo.luz, ancho, alto, ExtendedColorType::L8).expect("a PNG");
    salida
}

fn jpeg(dibujo: &Dibujo) -> Vec<u8> {
    let mut salida = Vec::new();
    let (ancho, alto) = (dibujo.ancho as u32, dibujo.alto as u32);
    JpegEncoder::new_with_quality(&mut salida, 95)
        .write_image(&dibujo.luz, ancho, alto, ExtendedColorType::L8)
        .expect("a JPEG");
    salida
}

fn luz(bytes: &[u8]) -> Vec<u8> {
    image::load_from_memory(bytes).expect("a picture").into_luma8().into_raw()
}

fn comprobar(antes: &[u8], despues: &[u8], informe: &anonimizacion::InformePixeles) {
    assert!(!informe.regiones.is_empty());
    for (i, (antes, despues)) in antes.iter().zip(despues).enumerate() {
        let (x, y) = ((i % 320) as u32, (i / 320) as u32);
        let en = |c: &anonimizacion::Caja| x >= c.x && x < c.x + c.ancho && y >= c.y && y < c.y + c.alto;
        let tapado = informe.regiones.iter().any(|r| en(&r.caja));
        assert_eq!(*despues, if tapado { 0 } else { *antes }, "({x}, {y})");
    }
}

/// A chunk of a PNG; nobody who ignores it checks its sum.
fn trozo(tipo: &[u8; 4], datos: &[u8]) -> Vec<u8> {
    [&(datos.len() as u32).to_be_bytes(), &tipo[..], datos, &[0; 4]].concat()
}

#[test]
fn un_png_pierde_sus_textos_y_conserva_sus_pixeles() {
    let limpio = png(&Dibujo::anatomia(320, 200));
    // After the header, 33 bytes in.
    let sucio = [&limpio[..33], &trozo(b"tEXt", SECRETO), &trozo(b"eXIf", SECRETO), &limpio[33..], SECRETO].concat();
    let (salida, informe) = limpiar_plana(&sucio, FormatoPlano::Png, &DETECTAR).expect("clean");
    assert_eq!(salida, limpio);
    assert_eq!((informe.comentarios, informe.bytes_sobrantes), (2, SECRETO.len() as u64));
}

#[test]
fn el_texto_de_un_png_se_tapa_y_lo_demas_queda_igual() {
    let dibujo = rotulado();
    let (salida, informe) = limpiar_plana(&png(&dibujo), FormatoPlano::Png, &DETECTAR).expect("clean");
    comprobar(&dibujo.luz, &luz(&salida), &informe);
}

#[test]
fn un_jpeg_sin_texto_conserva_sus_datos_codificados() {
    let limpio = jpeg(&Dibujo::anatomia(320, 200));
    let segmento = |marca: u8| [&[0xFF, marca, 0, SECRETO.len() as u8 + 2][..], SECRETO].concat();
    let sucio = [&limpio[..20], &segmento(0xE1), &segmento(0xFE), &segmento(0xED), &limpio[20..], SECRETO].concat();
    let (salida, informe) = limpiar_plana(&sucio, FormatoPlano::Jpeg, &DETECTAR).expect("clean");
    assert_eq!(salida, limpio);
    assert_eq!((informe.comentarios, informe.bytes_sobrantes), (3, SECRETO.len() as u64));
}

#[test]
fn un_jpeg_con_texto_sale_como_png() {
    let original = jpeg(&rotulado());
    let (salida, informe) = limpiar_plana(&original, FormatoPlano::Jpeg, &DETECTAR).expect("clean");
    assert_eq!(FormatoPlano::de(&salida), Some(FormatoPlano::Png));
    comprobar(&luz(&original), &luz(&salida), &informe);
}

#[test]
fn un_tiff_se_escribe_de_nuevo_pagina_por_pagina() {
    let (con, sin) = (rotulado(), Dibujo::anatomia(320, 200));
    let mut original = std::io::Cursor::new(Vec::new());
    let mut codificador = TiffEncoder::new(&mut original).expect("a TIFF");
    for dibujo in [&sin, &con] {
        let mut pagina = codificador.new_image::<colortype::Gray8>(320, 200).expect("a page");
        pagina.encoder().write_tag(tiff::tags::Tag::Artist, "GARCIA LOPEZ MARIA").expect("a tag");
        pagina.write_data(&dibujo.luz).expect("pixels");
    }
    let original = original.into_inner();
    assert!(contiene(&original, SECRETO));
    let (salida, informe) = limpiar_plana(&original, FormatoPlano::Tiff, &DETECTAR).expect("clean");
    assert!(!contiene(&salida, SECRETO));
    assert_eq!(informe.cuadros, 2);
    assert_eq!(luz(&salida), sin.luz);
    assert!(informe.regiones.iter().all(|r| r.caja.cuadro == Some(1)) && !informe.regiones.is_empty());
}

#[test]
fn una_imagen_plana_imposible_o_rota_se_rechaza() {
    let mut enorme = png(&Dibujo::liso(32, 32, 0));
    enorme[16..24].copy_from_slice(&[0, 0, 0xFF, 0xFF, 0, 0, 0xFF, 0xFF]);
    assert!(limpiar_plana(&enorme, FormatoPlano::Png, &DETECTAR).is_err());
    let entero = jpeg(&rotulado());
    for largo in (3..entero.len()).step_by(997) {
        if let Ok((salida, _)) = limpiar_plana(&entero[..largo], FormatoPlano::Jpeg, &DETECTAR) {
            assert!(image::load_from_memory(&salida).is_ok(), "cut at {largo}");
        }
    }
}

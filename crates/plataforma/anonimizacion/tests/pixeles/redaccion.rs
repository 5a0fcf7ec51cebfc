//! Blanking keeps every other sample, whatever the kind of image and the way it is coded.

use anonimizacion::{InformePixeles, RechazoPixeles};
use dicom_core::{DataElement, PrimitiveValue, VR};
use dicom_dictionary_std::{tags, uids};
use dicom_object::{DefaultDicomObject, InMemDicomObject};

use crate::{
    dibujo::{Dibujo, Zona},
    imagenes::{Descripcion, GRIS, bytes, comprimida, con_paleta, limpia, nativa, texto},
};

/// Explicit VR Big Endian.
const BIG_ENDIAN: &str = "1.2.840.10008.1.2.2";
const ANCHO: usize = 320;
const ALTO: usize = 200;

fn rotulado() -> (Dibujo, Zona) {
    let mut dibujo = Dibujo::anatomia(ANCHO, ALTO);
    let zona = dibujo.escribir("PEREZ JUAN 45Y", 20, 90, 2, 255);
    (dibujo, zona)
}

/// Every sample is what it was, or blank inside of a box; and the text is inside.
fn comprobar(antes: &[u8], despues: &[u8], informe: &InformePixeles, zona: Zona, como: Descripcion, negro: &[u8]) {
    let por_muestra = usize::from(como.asignados / 8);
    let por_pixel = por_muestra * usize::from(como.muestras);
    assert_eq!(antes.len(), despues.len());
    let mut tapados = 0;
    for i in 0..ANCHO * ALTO {
        let (x, y) = ((i % ANCHO) as u32, (i / ANCHO) as u32);
        let caja = |c: &anonimizacion::Caja| x >= c.x && x < c.x + c.ancho && y >= c.y && y < c.y + c.alto;
        let dentro = informe.regiones.iter().any(|r| caja(&r.caja));
        tapados += usize::from(dentro && zona.puntos().any(|(a, b)| (a, b) == (x as usize, y as usize)));
        for muestra in 0..usize::from(como.muestras) {
            let lugar = if como.plana {
                muestra * ANCHO * ALTO * por_muestra + i * por_muestra
            } else {
                i * por_pixel + muestra * por_muestra
            };
            let esperado =
                if dentro { &negro[muestra * por_muestra..][..por_muestra] } else { &antes[lugar..][..por_muestra] };
            assert_eq!(&despues[lugar..][..por_muestra], esperado, "({x}, {y}) {muestra}");
        }
    }
    assert!(tapados * 10 > zona.puntos().count() * 8, "{tapados} of the text");
}

#[test]
fn cada_fotometria_se_tapa_con_su_negro() {
    let (dibujo, zona) = rotulado();
    let tres = |luz: &[u8]| luz.iter().flat_map(|l| [*l; 3]).collect::<Vec<u8>>();
    let ybr = |luz: &[u8]| luz.iter().flat_map(|l| [*l, 128, 128]).collect::<Vec<u8>>();
    let inversa: Vec<u8> = dibujo.luz.iter().map(|l| 255 - l).collect();
    let color = Descripcion { fotometria: "RGB", muestras: 3, ..GRIS };
    let casos = [
        (GRIS, dibujo.luz.clone(), vec![0]),
        (Descripcion { fotometria: "MONOCHROME1", ..GRIS }, inversa.clone(), vec![255]),
        (Descripcion { fotometria: "PALETTE COLOR", ..GRIS }, inversa, vec![255]),
        (color, tres(&dibujo.luz), vec![0; 3]),
        (Descripcion { plana: true, ..color }, dibujo.luz.repeat(3), vec![0; 3]),
        (Descripcion { fotometria: "YBR_FULL", ..color }, ybr(&dibujo.luz), vec![0, 128, 128]),
    ];
    for (como, muestras, negro) in casos {
        for sintaxis in [uids::IMPLICIT_VR_LITTLE_ENDIAN, uids::EXPLICIT_VR_LITTLE_ENDIAN, BIG_ENDIAN] {
            let mut objeto = nativa(&dibujo, como, muestras.clone(), sintaxis);
            if como.fotometria == "PALETTE COLOR" {
                con_paleta(&mut objeto);
            }
            let (limpio, informe) = limpia(&objeto).unwrap_or_else(|e| panic!("{} {sintaxis}: {e}", como.fotometria));
            comprobar(&muestras, &bytes(&limpio), &informe, zona, como, &negro);
            assert_eq!(texto(&limpio, tags::PHOTOMETRIC_INTERPRETATION), como.fotometria);
        }
    }
}

#[test]
fn doce_y_dieciseis_bits_con_signo_y_sin_el() {
    let (dibujo, zona) = rotulado();
    for (guardados, con_signo) in [(12, false), (16, false), (16, true), (12, true)] {
        let como = Descripcion { asignados: 16, guardados, con_signo, ..GRIS };
        let valor = |l: &u8| if con_signo { i16::from(*l) * 8 - 1024 } else { i16::from(*l) * 16 };
        let muestras: Vec<u8> = dibujo.luz.iter().flat_map(|l| valor(l).to_le_bytes()).collect();
        let minimo = dibujo.luz.iter().map(valor).min().expect("a picture");
        let negro = if con_signo { minimo } else { 0 };
        for sintaxis in [uids::EXPLICIT_VR_LITTLE_ENDIAN, BIG_ENDIAN] {
            let objeto = nativa(&dibujo, como, muestras.clone(), sintaxis);
            let (limpio, informe) = limpia(&objeto).expect("clean");
            comprobar(&muestras, &bytes(&limpio), &informe, zona, como, &negro.to_le_bytes());
        }
    }
}

#[test]
fn un_overlay_en_los_bits_altos_se_borra_y_lo_demas_queda() {
    let fondo = Dibujo::anatomia(ANCHO, ALTO);
    let mut plano = Dibujo::liso(ANCHO, ALTO, 0);
    plano.escribir("HIDDEN", 40, 40, 3, 1);
    let como = Descripcion { asignados: 16, guardados: 12, ..GRIS };
    let valor = |i: usize, con: u16| (u16::from(fondo.luz[i]) * 16) | ((u16::from(plano.luz[i]) << 13) & con);
    let muestras = |con| (0..ANCHO * ALTO).flat_map(|i| valor(i, con).to_le_bytes()).collect::<Vec<u8>>();
    let objeto = nativa(&fondo, como, muestras(0xFFFF), uids::EXPLICIT_VR_LITTLE_ENDIAN);
    let (limpio, informe) = limpia(&objeto).expect("clean");
    assert_eq!(bytes(&limpio), muestras(0));
    assert_eq!(informe.bits_ocultos, plano.luz.iter().filter(|bit| **bit == 1).count() as u64);
}

/// One segment for each byte of a sample, in runs of literals.
fn rle(planos: &[Vec<u8>]) -> Vec<u8> {
    let mut cabecera = vec![planos.len() as u32];
    let mut segmentos = Vec::new();
    for plano in planos {
        cabecera.push(64 + segmentos.len() as u32);
        plano.chunks(128).for_each(|trozo| {
            segmentos.push(trozo.len() as u8 - 1);
            segmentos.extend(trozo);
        });
        segmentos.resize(segmentos.len().next_multiple_of(2), 0);
    }
    cabecera.resize(16, 0);
    cabecera.into_iter().flat_map(u32::to_le_bytes).chain(segmentos).collect()
}

fn descomprimido(flujo: &[u8], planos: usize) -> Vec<Vec<u8>> {
    let numero =
        |i: usize| u32::from_le_bytes([flujo[4 * i], flujo[4 * i + 1], flujo[4 * i + 2], flujo[4 * i + 3]]) as usize;
    assert_eq!(numero(0), planos);
    let desplegar = |mut resto: &[u8]| {
        let mut plano = Vec::new();
        while plano.len() < ANCHO * ALTO {
            match resto[0] {
                n @ 0..=127 => {
                    plano.extend(&resto[1..n as usize + 2]);
                    resto = &resto[n as usize + 2..];
                }
                128 => resto = &resto[1..],
                n => {
                    plano.extend(vec![resto[1]; 257 - n as usize]);
                    resto = &resto[2..];
                }
            }
        }
        plano
    };
    (1..=planos).map(|i| desplegar(&flujo[numero(i)..])).collect()
}

fn flujos(objeto: &DefaultDicomObject) -> Vec<Vec<u8>> {
    objeto.element(tags::PIXEL_DATA).expect("pixels").value().fragments().expect("fragments").to_vec()
}

#[test]
fn rle_sigue_siendo_rle() {
    let (dibujo, zona) = rotulado();
    let como = Descripcion { asignados: 16, guardados: 12, ..GRIS };
    let valor = |l: &u8| u16::from(*l) * 16 + 3;
    let byte = |cual: usize| dibujo.luz.iter().map(|l| valor(l).to_be_bytes()[cual]).collect::<Vec<u8>>();
    let objeto = comprimida(&dibujo, como, vec![rle(&[byte(0), byte(1)])], uids::RLE_LOSSLESS);
    let (limpio, informe) = limpia(&objeto).expect("clean");
    assert_eq!(limpio.meta().transfer_syntax(), uids::RLE_LOSSLESS);
    let planos = descomprimido(&flujos(&limpio)[0], 2);
    let despues: Vec<u8> = planos[1].iter().zip(&planos[0]).flat_map(|(bajo, alto)| [*bajo, *alto]).collect();
    let antes: Vec<u8> = dibujo.luz.iter().flat_map(|l| valor(l).to_le_bytes()).collect();
    comprobar(&antes, &despues, &informe, zona, como, &[0, 0]);
}

fn jpeg(dibujo: &Dibujo) -> Vec<u8> {
    let mut salida = Vec::new();
    let codificador = image::codecs::jpeg::JpegEncoder::new_with_quality(&mut salida, 92);
    let color = image::ExtendedColorType::L8;
    image::ImageEncoder::write_image(codificador, &dibujo.luz, dibujo.ancho as u32, dibujo.alto as u32, color)
        .expect("a JPEG");
    salida
}

#[test]
fn un_jpeg_con_texto_sale_sin_comprimir_y_recuerda_su_perdida() {
    let (dibujo, zona) = rotulado();
    let flujo = jpeg(&dibujo);
    let antes = image::load_from_memory(&flujo).expect("a picture").into_luma8().into_raw();
    let objeto = comprimida(&dibujo, GRIS, vec![flujo], uids::JPEG_BASELINE8_BIT);
    let (limpio, informe) = limpia(&objeto).expect("clean");
    assert_eq!(limpio.meta().transfer_syntax(), uids::EXPLICIT_VR_LITTLE_ENDIAN);
    assert_eq!(texto(&limpio, tags::LOSSY_IMAGE_COMPRESSION), "01");
    let despues = bytes(&limpio);
    // Two decoders round the same coefficients; they may differ by one.
    let juntos: Vec<u8> = antes.iter().zip(&despues).map(|(a, b)| if a.abs_diff(*b) <= 2 { *b } else { *a }).collect();
    comprobar(&juntos, &despues, &informe, zona, GRIS, &[0]);
}

#[test]
fn un_jpeg_sin_texto_conserva_sus_datos_y_pierde_sus_comentarios() {
    let dibujo = Dibujo::anatomia(ANCHO, ALTO);
    let flujo = jpeg(&dibujo);
    let comentario = b"\xFF\xFE\x00\x0EGARCIA MARIA";
    let con_comentario = [&flujo[..2], comentario, &flujo[2..], b"TRAILING"].concat();
    let objeto = comprimida(&dibujo, GRIS, vec![con_comentario], uids::JPEG_BASELINE8_BIT);
    let (limpio, informe) = limpia(&objeto).expect("clean");
    let mut salida = flujos(&limpio).remove(0);
    salida.truncate(flujo.len());
    assert_eq!(salida, flujo);
    // A fragment of odd length is padded with one byte more.
    assert!(matches!(informe.bytes_sobrantes, 8 | 9), "{}", informe.bytes_sobrantes);
    assert_eq!((informe.comentarios, informe.recodificado), (1, false));
}

#[test]
fn en_ultrasonido_se_tapa_todo_lo_que_queda_fuera_de_sus_regiones() {
    let dibujo = Dibujo::grano(ANCHO, ALTO, 8.0);
    let mut objeto = nativa(&dibujo, GRIS, dibujo.luz.clone(), uids::EXPLICIT_VR_LITTLE_ENDIAN);
    let limite = |tag, n: u32| DataElement::new(tag, VR::UL, PrimitiveValue::from(n));
    let region = InMemDicomObject::from_element_iter([
        limite(tags::REGION_LOCATION_MIN_X0, 40),
        limite(tags::REGION_LOCATION_MIN_Y0, 30),
        limite(tags::REGION_LOCATION_MAX_X1, 279),
        limite(tags::REGION_LOCATION_MAX_Y1, 179),
    ]);
    objeto.put(DataElement::new(tags::MODALITY, VR::CS, "US"));
    let regiones = dicom_core::value::DataSetSequence::from(vec![region]);
    objeto.put(DataElement::new(tags::SEQUENCE_OF_ULTRASOUND_REGIONS, VR::SQ, regiones));
    let (limpio, _) = limpia(&objeto).expect("clean");
    for (i, (antes, despues)) in dibujo.luz.iter().zip(bytes(&limpio)).enumerate() {
        let dentro = (40..280).contains(&(i % ANCHO)) && (30..180).contains(&(i / ANCHO));
        assert_eq!(despues, if dentro { *antes } else { 0 }, "{i}");
    }
}

#[test]
fn un_icono_desaparece() {
    let dibujo = Dibujo::anatomia(ANCHO, ALTO);
    let mut objeto = nativa(&dibujo, GRIS, dibujo.luz.clone(), uids::EXPLICIT_VR_LITTLE_ENDIAN);
    let icono = InMemDicomObject::from_element_iter([DataElement::new(
        tags::PIXEL_DATA,
        VR::OB,
        PrimitiveValue::U8(vec![7; 64].into()),
    )]);
    let iconos = dicom_core::value::DataSetSequence::from(vec![icono]);
    objeto.put(DataElement::new(tags::ICON_IMAGE_SEQUENCE, VR::SQ, iconos));
    let (limpio, informe) = limpia(&objeto).expect("clean");
    assert!(limpio.get(tags::ICON_IMAGE_SEQUENCE).is_none());
    assert_eq!(informe.iconos, 1);
    assert_eq!(bytes(&limpio), dibujo.luz);
}

#[test]
fn si_dice_llevar_texto_y_no_se_halla_no_sale() {
    let dibujo = Dibujo::anatomia(ANCHO, ALTO);
    let mut objeto = nativa(&dibujo, GRIS, dibujo.luz.clone(), uids::EXPLICIT_VR_LITTLE_ENDIAN);
    objeto.put(DataElement::new(tags::BURNED_IN_ANNOTATION, VR::CS, "YES"));
    assert_eq!(limpia(&objeto).err(), Some(RechazoPixeles::TextoSinHallar));
}

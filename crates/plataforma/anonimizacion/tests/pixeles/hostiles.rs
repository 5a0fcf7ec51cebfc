//! Images that lie about themselves are refused at once.

use std::time::{Duration, Instant};

use anonimizacion::{
    RechazoPixeles,
    pixeles::{limpiar, verificar},
};
use dicom_core::{DataElement, PrimitiveValue, VR};
use dicom_dictionary_std::{tags, uids};

use crate::{
    dibujo::Dibujo,
    imagenes::{DETECTAR, Descripcion, GRIS, comprimida, limpia, nativa},
};

const ENORME: u16 = 65_535;

#[test]
fn tamanos_que_sus_bytes_no_llenan_se_rechazan_enseguida() {
    let inicio = Instant::now();
    let dibujo = Dibujo::liso(64, 64, 0);
    let sintaxis = [
        uids::EXPLICIT_VR_LITTLE_ENDIAN,
        uids::RLE_LOSSLESS,
        uids::JPEG_BASELINE8_BIT,
        uids::JPEGLS_LOSSLESS,
        uids::JPEG2000_LOSSLESS,
        uids::JPEG_LOSSLESS_SV1,
    ];
    for uid in sintaxis {
        for (lado, cuadros) in [(ENORME, "1"), (64, "2147483647"), (64, "4294967295"), (4096, "1000000"), (16_384, "1")]
        {
            let mut objeto = if uid == uids::EXPLICIT_VR_LITTLE_ENDIAN {
                nativa(&dibujo, GRIS, dibujo.luz.clone(), uid)
            } else {
                comprimida(&dibujo, GRIS, vec![vec![0xFF; 200]], uid)
            };
            objeto.put(DataElement::new(tags::ROWS, VR::US, PrimitiveValue::from(lado)));
            objeto.put(DataElement::new(tags::COLUMNS, VR::US, PrimitiveValue::from(lado)));
            objeto.put(DataElement::new(tags::NUMBER_OF_FRAMES, VR::IS, cuadros));
            assert!(limpiar(&mut objeto, &DETECTAR).is_err(), "{uid} {lado} {cuadros}");
        }
    }
    assert!(inicio.elapsed() < Duration::from_secs(1), "{:?}", inicio.elapsed());
}

#[test]
fn muestras_o_profundidades_absurdas_se_rechazan() {
    let dibujo = Dibujo::liso(64, 64, 0);
    for (tag, valor) in [
        (tags::SAMPLES_PER_PIXEL, 0),
        (tags::SAMPLES_PER_PIXEL, 65_535),
        (tags::BITS_ALLOCATED, 7),
        (tags::BITS_STORED, 9),
        (tags::BITS_STORED, 0),
        (tags::HIGH_BIT, 60),
        (tags::ROWS, 0),
    ] {
        let mut objeto = nativa(&dibujo, GRIS, dibujo.luz.clone(), uids::EXPLICIT_VR_LITTLE_ENDIAN);
        objeto.put(DataElement::new(tag, VR::US, PrimitiveValue::from(valor as u16)));
        assert_eq!(limpiar(&mut objeto, &DETECTAR).err(), Some(RechazoPixeles::DescripcionInvalida), "{tag} {valor}");
    }
}

#[test]
fn un_flujo_cortado_en_cualquier_sitio_no_rompe_nada() {
    let fijos: [(&[u8], &str); 2] = [
        (include_bytes!("../datos/rotulo.j2k"), uids::JPEG2000_LOSSLESS),
        (include_bytes!("../datos/rotulo.jls"), uids::JPEGLS_LOSSLESS),
    ];
    let dibujo = Dibujo::liso(160, 64, 0);
    for (flujo, uid) in fijos {
        for largo in (0..flujo.len()).step_by(37) {
            let objeto = comprimida(&dibujo, GRIS, vec![flujo[..largo & !1].to_vec()], uid);
            // A decoder may fill in what is missing; whatever comes out has been proved.
            if let Err(motivo) = limpia(&objeto) {
                assert!(!motivo.codigo().is_empty());
            }
        }
    }
}

#[test]
fn un_pixel_cambiado_despues_de_limpiar_se_descubre() {
    let mut dibujo = Dibujo::anatomia(320, 200);
    dibujo.escribir("PEREZ JUAN", 20, 90, 2, 255);
    let original = nativa(&dibujo, GRIS, dibujo.luz.clone(), uids::EXPLICIT_VR_LITTLE_ENDIAN);
    let mut limpio = original.clone();
    let informe = limpiar(&mut limpio, &DETECTAR).expect("clean");
    assert_eq!(verificar(&original, &limpio, &informe), Ok(()));
    assert_eq!(verificar(&original, &original, &informe), Err(RechazoPixeles::RegionSinBorrar));
    let mut bytes = crate::imagenes::bytes(&limpio);
    bytes[0] ^= 1;
    limpio.put(DataElement::new(tags::PIXEL_DATA, VR::OW, PrimitiveValue::U8(bytes.into())));
    assert_eq!(verificar(&original, &limpio, &informe), Err(RechazoPixeles::PixelAlterado));
}

#[test]
fn lo_que_no_se_puede_decodificar_no_sale() {
    let dibujo = Dibujo::liso(64, 64, 0);
    let como = Descripcion { asignados: 16, guardados: 12, ..GRIS };
    let objeto = comprimida(&dibujo, como, vec![vec![0; 400]], uids::JPEGXL_LOSSLESS);
    assert_eq!(limpia(&objeto).err(), Some(RechazoPixeles::SintaxisSinDecodificador));
}

#[test]
fn los_flujos_de_otros_codificadores_se_leen() {
    let mut esperado = Dibujo::liso(160, 64, 0);
    esperado.luz.copy_from_slice(include_bytes!("../datos/rotulo.raw"));
    let fijos: [(&[u8], &str); 2] = [
        (include_bytes!("../datos/rotulo.j2k"), uids::JPEG2000_LOSSLESS),
        (include_bytes!("../datos/rotulo.jls"), uids::JPEGLS_LOSSLESS),
    ];
    for (flujo, uid) in fijos {
        let objeto = comprimida(&esperado, GRIS, vec![flujo.to_vec()], uid);
        let (limpio, informe) = limpia(&objeto).expect("clean");
        assert!(!informe.regiones.is_empty(), "{uid}: the text was not found");
        if uid == uids::JPEG2000_LOSSLESS {
            for (i, (antes, despues)) in esperado.luz.iter().zip(crate::imagenes::bytes(&limpio)).enumerate() {
                let (x, y) = ((i % 160) as u32, (i / 160) as u32);
                let en = |c: &anonimizacion::Caja| x >= c.x && x < c.x + c.ancho && y >= c.y && y < c.y + c.alto;
                let tapado = informe.regiones.iter().any(|r| en(&r.caja));
                assert_eq!(despues, if tapado { 0 } else { *antes }, "({x}, {y})");
            }
        }
    }
}

#[test]
fn sin_mirar_solo_sale_lo_que_no_suele_llevar_texto() {
    let dibujo = Dibujo::liso(64, 64, 0);
    let sin_mirar = anonimizacion::PoliticaPixeles { detectar: false, ..DETECTAR };
    for (modalidad, esperado) in [("CT", None), ("US", Some(RechazoPixeles::NoComprobados))] {
        let mut objeto = nativa(&dibujo, GRIS, dibujo.luz.clone(), uids::EXPLICIT_VR_LITTLE_ENDIAN);
        objeto.put(DataElement::new(tags::MODALITY, VR::CS, modalidad));
        assert_eq!(limpiar(&mut objeto, &sin_mirar).err(), esperado, "{modalidad}");
    }
}

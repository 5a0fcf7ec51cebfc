use anonimizacion::{CodigoRechazo, Perfil};

use crate::{
    archivo::{Datos, EXPLICITA, abierta, restos, tomografia},
    con,
};

fn codigo(bytes: &[u8]) -> Option<CodigoRechazo> {
    con(Perfil::basico()).anonimizar(bytes).err().map(|rechazo| rechazo.codigo)
}

#[test]
fn diez_mil_niveles_se_rechazan_por_su_nombre() {
    let mut bytes = abierta().archivo(EXPLICITA);
    for _ in 0..10_000 {
        bytes.extend([0x40, 0x00, 0x30, 0xA7, b'S', b'Q', 0, 0, 0xFF, 0xFF, 0xFF, 0xFF]);
        bytes.extend([0xFE, 0xFF, 0x00, 0xE0, 0xFF, 0xFF, 0xFF, 0xFF]);
    }
    assert_eq!(codigo(&bytes), Some(CodigoRechazo::AnidamientoExcesivo));
}

#[test]
fn un_archivo_cortado_en_cualquier_byte_no_filtra_nada() {
    let bytes = tomografia().archivo(EXPLICITA);
    for fin in 0..bytes.len() {
        if let Ok(limpio) = con(Perfil::basico()).anonimizar(&bytes[..fin]) {
            assert_eq!(restos(&limpio.bytes), Vec::<&str>::new(), "cortado en {fin}");
        }
    }
}

#[test]
fn cualquier_byte_cambiado_da_una_respuesta() {
    let bytes = tomografia().archivo(EXPLICITA);
    let anonimizador = con(Perfil::basico());
    for lugar in (132..bytes.len()).step_by(7) {
        let mut cambiados = bytes.clone();
        cambiados[lugar] ^= 0xFF;
        if let Err(rechazo) = anonimizador.anonimizar(&cambiados) {
            assert_ne!(rechazo.codigo, CodigoRechazo::FalloInterno, "cambiado en {lugar}");
        }
    }
}

#[test]
fn una_bomba_de_deflate_se_rechaza() {
    use std::io::Write;
    let mut bomba = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::best());
    let ceros = vec![0_u8; 1 << 20];
    for _ in 0..64 {
        bomba.write_all(&ceros).expect("in memory");
    }
    let mut bytes = Datos::default().archivo("1.2.840.10008.1.2.1.99");
    bytes.extend(bomba.finish().expect("in memory"));
    assert_eq!(codigo(&bytes), Some(CodigoRechazo::LimiteExcedido));
}

#[test]
fn un_archivo_deflactado_se_limpia() {
    use std::io::Write;
    let mut deflactado = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::fast());
    deflactado.write_all(&tomografia().0).expect("in memory");
    let mut bytes = Datos::default().archivo("1.2.840.10008.1.2.1.99");
    bytes.extend(deflactado.finish().expect("in memory"));
    let limpio = con(Perfil::basico()).anonimizar(&bytes).map_err(|rechazo| rechazo.codigo).expect("clean");
    assert_eq!(limpio.informe.sintaxis.as_deref(), Some(EXPLICITA));
    assert_eq!(restos(&limpio.bytes), Vec::<&str>::new());
}

#[test]
fn sin_preambulo_ni_meta_tambien_se_limpia() {
    let limpio = con(Perfil::basico()).anonimizar(&tomografia().0).map_err(|rechazo| rechazo.codigo).expect("clean");
    assert!(limpio.informe.avisos.iter().any(|aviso| aviso == "sin_preambulo"));
    assert_eq!(restos(&limpio.bytes), Vec::<&str>::new());
}

#[test]
fn lo_que_no_es_una_imagen_se_rechaza() {
    for bytes in [&b""[..], b"hola", &[0; 4096], b"%PDF-1.4"] {
        assert_eq!(codigo(bytes), Some(CodigoRechazo::FormatoDesconocido));
    }
    assert_eq!(codigo(&tomografia().archivo("1.2.840.10008.1.2.4.94")), Some(CodigoRechazo::SintaxisNoAdmitida));
}

#[test]
fn menos_pixeles_de_los_prometidos_no_salen() {
    let datos = abierta().con(0x7FE0, 0x0010, "OW", &[1, 2]);
    assert_eq!(codigo(&datos.archivo(EXPLICITA)), Some(CodigoRechazo::PixelesIlegibles));
}

use anonimizacion::{CodigoRechazo, Opcion, Perfil};
use dicom_core::Tag;
use dicom_object::DefaultDicomObject;

use crate::{
    archivo::{Datos, EXPLICITA, documento, restos, tomografia},
    con,
};

fn limpio(perfil: Perfil, datos: &Datos) -> (Vec<u8>, DefaultDicomObject) {
    let limpio = con(perfil).anonimizar(&datos.archivo(EXPLICITA)).map_err(|rechazo| rechazo.informe.fallos.clone());
    let bytes = limpio.map(|limpio| limpio.bytes).expect("a clean file");
    let objeto = dicom_object::from_reader(&bytes[..]).expect("a readable file");
    (bytes, objeto)
}

fn texto(objeto: &DefaultDicomObject, grupo: u16, elemento: u16) -> String {
    let valor = objeto.get(Tag(grupo, elemento)).and_then(|elemento| elemento.to_str().ok());
    valor.map(|valor| valor.trim_end_matches(['\0', ' ']).to_owned()).unwrap_or_default()
}

#[test]
fn nada_de_lo_plantado_queda_en_ningun_byte() {
    for perfil in [Perfil::basico(), Perfil::investigacion()] {
        let (bytes, _) = limpio(perfil, &tomografia());
        assert_eq!(restos(&bytes), Vec::<&str>::new());
    }
}

#[test]
fn lo_tecnico_y_los_pixeles_se_quedan() {
    let (_, objeto) = limpio(Perfil::basico(), &tomografia());
    assert_eq!(texto(&objeto, 0x0008, 0x0060), "CT");
    assert_eq!(texto(&objeto, 0x0008, 0x0070), "ACME Imaging");
    assert_eq!(texto(&objeto, 0x0018, 0x0015), "CHEST");
    assert_eq!(texto(&objeto, 0x0008, 0x0008), "ORIGINAL\\PRIMARY\\AXIAL");
    let pixeles = objeto.get(Tag(0x7FE0, 0x0010)).expect("pixels").to_bytes().expect("bytes").into_owned();
    assert_eq!(pixeles, [1, 2, 3, 4, 5, 6, 7, 8]);
}

#[test]
fn el_objeto_dice_como_se_limpio() {
    let (bytes, objeto) = limpio(Perfil::investigacion(), &tomografia());
    assert!(bytes[..128].iter().all(|byte| *byte == 0));
    assert_eq!(texto(&objeto, 0x0012, 0x0062), "YES");
    assert_eq!(texto(&objeto, 0x0028, 0x0303), "MODIFIED");
    let codigos = objeto.get(Tag(0x0012, 0x0064)).and_then(|codigos| codigos.items()).expect("codes");
    let codigos: std::collections::BTreeSet<String> = codigos
        .iter()
        .map(|item| item.get(Tag(8, 0x100)).expect("a code").to_str().expect("text").trim().to_owned())
        .collect();
    let esperados = ["113100", "113103", "113104", "113105", "113107", "113108"];
    assert!(codigos.iter().eq(esperados), "{codigos:?}");
}

#[test]
fn archivos_que_llegan_aparte_siguen_juntos() {
    let (_, uno) = limpio(Perfil::investigacion(), &tomografia());
    let otro = tomografia().0;
    let (_, otro) = limpio(Perfil::investigacion(), &Datos(otro));
    for (grupo, elemento) in [(0x0008, 0x0018), (0x0020, 0x000D), (0x0010, 0x0020), (0x0008, 0x0020)] {
        assert_eq!(texto(&uno, grupo, elemento), texto(&otro, grupo, elemento));
        assert!(!texto(&uno, grupo, elemento).is_empty());
    }
    let dia = |objeto: &DefaultDicomObject, elemento| {
        chrono::NaiveDate::parse_from_str(&texto(objeto, 0x0008, elemento), "%Y%m%d").expect("a date")
    };
    assert_eq!((dia(&uno, 0x0021) - dia(&uno, 0x0020)).num_days(), 1);
}

#[test]
fn limpiar_dos_veces_no_encuentra_nada_mas_que_quitar() {
    let (bytes, _) = limpio(Perfil::basico(), &tomografia());
    let segunda = con(Perfil::basico()).anonimizar(&bytes).expect("a clean file");
    assert_eq!(segunda.informe.cuentas.privados, 0);
    assert_eq!(restos(&segunda.bytes), Vec::<&str>::new());
}

#[test]
fn las_opciones_conservan_lo_suyo() {
    let perfil =
        Perfil::basico().con(Opcion::ConservarUid).con(Opcion::ConservarFechas).con(Opcion::ConservarInstitucion);
    let (_, objeto) = limpio(perfil, &tomografia());
    assert_eq!(texto(&objeto, 0x0008, 0x0018), "1.2.826.0.1.3680043.8.498.1");
    assert_eq!(texto(&objeto, 0x0008, 0x0020), "20240303");
    assert_eq!(texto(&objeto, 0x0008, 0x0080), "Clínica Valdelagua");
    assert_eq!(texto(&objeto, 0x0028, 0x0303), "UNMODIFIED");
    assert_eq!(texto(&objeto, 0x0010, 0x0030), "");
}

#[test]
fn un_documento_encapsulado_se_queda_en_cuarentena() {
    let datos = documento();
    let rechazo = con(Perfil::basico()).anonimizar(&datos.archivo(EXPLICITA)).err().expect("refused");
    assert_eq!(rechazo.codigo, CodigoRechazo::DocumentoEncapsulado);
    assert!(!format!("{rechazo:?}").to_lowercase().contains("quiroga"));
}

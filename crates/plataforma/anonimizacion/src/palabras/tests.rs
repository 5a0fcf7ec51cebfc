use super::*;
use crate::{
    conjunto::{Conjunto, Elemento},
    perfil::Perfil,
    tabla::Acciones,
};
use dicom_core::{Tag, VR};
use proptest::prelude::*;

fn conjunto() -> Conjunto<'static> {
    let texto = |grupo, elemento, vr, valor: &str| Elemento::texto(Tag(grupo, elemento), vr, valor);
    Conjunto {
        elementos: vec![
            texto(0x0008, 0x0005, VR::CS, "ISO_IR 192"),
            texto(0x0008, 0x0018, VR::UI, "1.2.276.0.7230010.3.1.4.8323329"),
            texto(0x0008, 0x0020, VR::DA, "20240201"),
            texto(0x0008, 0x0050, VR::SH, "ACC-778899"),
            texto(0x0008, 0x0080, VR::LO, "Hospital San Jerónimo"),
            texto(0x0008, 0x1010, VR::SH, "OPTIMA"),
            texto(0x0010, 0x0010, VR::PN, "Muñoz García^María José=王^小东"),
            texto(0x0010, 0x0020, VR::LO, "12.345.678-9"),
            texto(0x0010, 0x0030, VR::DA, "19750413"),
        ],
    }
}

fn palabras() -> Palabras {
    recoger(&conjunto(), &Conjunto::default(), &Acciones::nuevas(Perfil::basico())).expect("few words")
}

fn limpio(texto: &str) -> String {
    palabras().limpiar(texto, Lectura::Libre).map_or_else(|| texto.to_owned(), |(limpio, _)| limpio)
}

#[test]
fn un_nombre_se_quita_en_cualquier_forma() {
    for texto in ["MUNOZ", "xx_munozgarcia_ct", "Sra. Muñoz", "maria-jose", "王小东", "王 小东", "GarciaMaria"] {
        assert!(palabras().alguna_en(texto, Lectura::Libre), "{texto}");
    }
    assert_eq!(limpio("vista por García en urgencias"), "vista por * en urgencias");
}

#[test]
fn una_fecha_se_quita_en_cualquier_forma() {
    for texto in [
        "20240201",
        "2024-02-01",
        "01/02/2024",
        "02/01/2024",
        "1.2.2024",
        "1 Feb 2024",
        "01FEB2024",
        "Feb 1st, 2024",
        "February 1, 2024",
        "1 de febrero de 2024",
        "2024/02/01 10:15",
        "20240201101530",
        "01-02-24",
        "13.IV.75x 13/04/75",
        "13 avril 1975",
        "130475",
    ] {
        assert!(palabras().alguna_en(texto, Lectura::Libre), "{texto}");
    }
}

#[test]
fn un_numero_se_quita_con_o_sin_separadores() {
    for texto in ["12345678-9", "id 123456789", "12 345 678 9", "ACC778899", "acc_778899"] {
        assert!(palabras().alguna_en(texto, Lectura::Libre), "{texto}");
    }
    assert!(palabras().alguna_en("123456789", Lectura::Numero));
}

#[test]
fn un_uid_del_archivo_se_quita_de_los_textos() {
    assert_eq!(limpio("ref 1.2.276.0.7230010.3.1.4.8323329."), "ref *.");
}

#[test]
fn lo_tecnico_y_lo_comun_se_queda() {
    for texto in [
        "CHEST PA",
        "Hospital general",
        "GE MEDICAL SYSTEMS",
        "AXIAL 5.0 mm B31f",
        "1.2.840.10008.1.2",
        "kVp 120",
        "2024",
        "02/2024",
        "101530.123",
        "0.9765625\\0.9765625",
        "12345",
        "T1 MPRAGE",
        "20230201",
    ] {
        assert_eq!(limpio(texto), texto);
    }
}

#[test]
fn el_nombre_de_un_aparato_no_se_lleva_el_del_fabricante() {
    assert!(!palabras().alguna_en("Optima CT660", Lectura::Fabricante));
    assert!(palabras().alguna_en("Optima CT660", Lectura::Codigo));
}

#[test]
fn en_valores_que_no_son_texto_se_quita_sin_cambiar_el_largo() {
    let (texto, _) = palabras().limpiar_bytes(b"name=Garcia;date=2024-02-01;").expect("something");
    assert_eq!(texto, b"name=      ;date=          ;");
    let mut binario = vec![0xFF, 0x01, 0x02, 0x90];
    binario.extend(b"GARCIA");
    binario.extend([0xFE; 40]);
    let (limpio, cuantas) = palabras().limpiar_bytes(&binario).expect("something");
    assert_eq!((limpio.len(), cuantas), (binario.len(), 1));
    assert!(!limpio.windows(6).any(|trozo| trozo == b"GARCIA"));
    let ancho: Vec<u8> = "Garcia Lopez".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert!(palabras().limpiar_bytes(&ancho).is_some());
}

proptest! {
    #[test]
    fn un_texto_limpio_no_tiene_mas_que_limpiar(antes in "\\PC{0,12}", despues in "\\PC{0,12}", cual in 0_usize..6) {
        let plantada = ["Muñoz", "GARCIA", "20240201", "1 Feb 2024", "12.345.678-9", "Jerónimo"][cual];
        let texto = format!("{antes} {plantada} {despues}");
        let (limpio, _) = palabras().limpiar(&texto, Lectura::Libre).expect("something to remove");
        prop_assert!(!limpio.contains(plantada), "{limpio}");
        prop_assert!(!palabras().alguna_en(&limpio, Lectura::Libre), "{limpio}");
    }

    #[test]
    fn ningun_texto_hace_caer_la_busqueda(texto in "\\PC{0,64}", bytes in proptest::collection::vec(any::<u8>(), 0..128)) {
        palabras().limpiar(&texto, Lectura::Libre);
        palabras().limpiar_bytes(&bytes);
    }
}

//! What opens, what does not, and what never shows.

use cifrado::{Cifrador, ClaveEnvuelta, ErrorCifrado};
use secrecy::SecretString;

const MAESTRA: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
const OTRA: &str = "//////////////////////////////////////////8=";
const CLARO: &[u8] = b"antecedentes de la persona";

fn cifrador(clave: &str) -> Cifrador {
    Cifrador::nuevo(&SecretString::from(clave)).expect("a valid master key")
}

#[test]
fn lo_cifrado_se_abre_con_su_clave_y_su_contexto() {
    let uno = cifrador(MAESTRA);
    let clave = uno.clave_nueva().expect("a key");

    let cifrado = uno.cifrar(&clave, CLARO, b"persona:1").expect("encrypts");
    let guardada = ClaveEnvuelta::from(clave.as_bytes().to_vec());

    let abierto = cifrador(MAESTRA).descifrar(&guardada, &cifrado, b"persona:1");
    assert_eq!(abierto.expect("opens").as_slice(), CLARO);
    assert!(!cifrado.windows(CLARO.len()).any(|v| v == CLARO));
}

#[test]
fn otro_contexto_otra_clave_u_otra_maestra_no_abren() {
    let uno = cifrador(MAESTRA);
    let clave = uno.clave_nueva().expect("a key");
    let ajena = uno.clave_nueva().expect("another key");
    let cifrado = uno.cifrar(&clave, CLARO, b"persona:1").expect("encrypts");

    let fallos = [
        uno.descifrar(&clave, &cifrado, b"persona:2"),
        uno.descifrar(&ajena, &cifrado, b"persona:1"),
        cifrador(OTRA).descifrar(&clave, &cifrado, b"persona:1"),
    ]
    .map(|r| r.expect_err("does not open"));

    assert_eq!(fallos, [ErrorCifrado::Autenticacion, ErrorCifrado::Autenticacion, ErrorCifrado::ClaveEnvuelta]);
}

#[test]
fn lo_sellado_se_abre_solo_con_su_contexto() {
    let uno = cifrador(MAESTRA);
    let sellado = uno.sellar(CLARO, b"carta:1").expect("seals");

    assert_eq!(uno.abrir(&sellado, b"carta:1").expect("opens").as_slice(), CLARO);
    assert_eq!(uno.abrir(&sellado, b"carta:2"), Err(ErrorCifrado::Autenticacion));
}

#[test]
fn un_byte_cambiado_o_un_formato_ajeno_se_rechaza() {
    let uno = cifrador(MAESTRA);
    let sellado = uno.sellar(CLARO, b"").expect("seals");

    for i in 0..sellado.len() {
        let mut roto = sellado.clone();
        roto[i] ^= 1;
        assert!(uno.abrir(&roto, b"").is_err(), "byte {i}");
    }
    assert_eq!(uno.abrir(&sellado[..5], b""), Err(ErrorCifrado::Formato));
    assert_eq!(uno.abrir(&sellado[..13], b""), Err(ErrorCifrado::Autenticacion));
}

#[test]
fn cifrar_dos_veces_lo_mismo_da_bytes_distintos() {
    let uno = cifrador(MAESTRA);
    assert_ne!(uno.sellar(CLARO, b""), uno.sellar(CLARO, b""));
}

#[test]
fn una_clave_maestra_mal_formada_se_rechaza() {
    for mala in ["", "corta", "AAECAwQFBgcICQoLDA0ODw==", "no es base64 !"] {
        let error = Cifrador::nuevo(&SecretString::from(mala)).expect_err("refused");
        assert_eq!(error, ErrorCifrado::ClaveMaestra);
    }
}

#[test]
fn debug_no_muestra_claves() {
    let uno = cifrador(MAESTRA);
    let clave = uno.clave_nueva().expect("a key");
    assert_eq!(format!("{uno:?} {clave:?}"), "Cifrador ClaveEnvuelta");
}

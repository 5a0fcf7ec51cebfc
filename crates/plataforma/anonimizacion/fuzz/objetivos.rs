//! What every input whatsoever must leave true: shared by the bounded runs of `cargo test` and by `cargo fuzz`.

use std::sync::LazyLock;

use anonimizacion::planas::{FormatoPlano, limpiar_plana};
use anonimizacion::{Anonimizador, Claves, Perfil, PoliticaPixeles};
use secrecy::SecretString;

static ANONIMIZADOR: LazyLock<Anonimizador> = LazyLock::new(|| {
    let maestra = SecretString::from("BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=");
    let claves = Claves::nuevas(&maestra, "fuzz").expect("a key of 32 bytes");
    Anonimizador::nuevo(Perfil::default(), claves, PoliticaPixeles::default())
});

/// No input panics; what comes out is what the report says, and is itself a clean input.
pub fn anonimizar(entrada: &[u8]) {
    let Ok(hecho) = ANONIMIZADOR.anonimizar(entrada) else { return };
    let resumen = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &hecho.bytes);
    assert_eq!(hecho.informe.sha256.as_deref(), Some(hex::encode(resumen).as_str()), "the digest is another file's");
    if let Err(rechazo) = ANONIMIZADOR.anonimizar(&hecho.bytes) {
        panic!("its own output is rejected: {} {:?}", rechazo.codigo, rechazo.informe.fallos);
    }
}

/// The same for plain images, straight at their decoders.
pub fn planas(entrada: &[u8]) {
    let Some(formato) = FormatoPlano::de(entrada) else { return };
    let politica = PoliticaPixeles { detectar: true, ..PoliticaPixeles::default() };
    let Ok((limpia, _)) = limpiar_plana(entrada, formato, &politica) else { return };
    let escrita = FormatoPlano::de(&limpia).expect("a plain image");
    if let Err(rechazo) = limpiar_plana(&limpia, escrita, &politica) {
        panic!("its own output is rejected: {rechazo}");
    }
}

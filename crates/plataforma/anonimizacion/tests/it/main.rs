//! Whole files through the public door, and the command on folders.

mod archivo;
mod orden;
mod perfil;
mod robustez;

use anonimizacion::{Anonimizador, Claves, Perfil, PoliticaPixeles};
use secrecy::SecretString;

/// 32 bytes in base64.
pub const MAESTRA: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

pub fn con(perfil: Perfil) -> Anonimizador {
    let claves = Claves::nuevas(&SecretString::from(MAESTRA), "uno").expect("a valid key");
    let politica = PoliticaPixeles { comprobados_aparte: true, ..PoliticaPixeles::default() };
    Anonimizador::nuevo(perfil, claves, politica)
}

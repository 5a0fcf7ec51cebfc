use std::fmt;

use aws_lc_rs::{
    hkdf::{HKDF_SHA256, Salt},
    hmac::{self, HMAC_SHA256},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

use crate::seudonimo::{ErrorSeudonimo, Seudonimizador, Seudonimo};

/// The secrets of one tenant: who holds the master key gets the same values for the same input, always.
pub struct Claves {
    inquilino: String,
    seudonimos: Seudonimizador,
    uid: hmac::Key,
    fechas: hmac::Key,
}

/// Why no keys can be derived. No variant carries the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ErrorClaves {
    #[error("the master key is not 32 bytes in base64")]
    ClaveMaestra,
    #[error("the cryptographic library failed")]
    Biblioteca,
}

impl Claves {
    /// `maestra` is 32 bytes in base64; `inquilino` names the tenant.
    pub fn nuevas(maestra: &SecretString, inquilino: &str) -> Result<Self, ErrorClaves> {
        let seudonimos = Seudonimizador::nuevo(maestra).map_err(|_| ErrorClaves::ClaveMaestra)?;
        let bytes =
            STANDARD.decode(maestra.expose_secret()).map(Zeroizing::new).map_err(|_| ErrorClaves::ClaveMaestra)?;
        let raiz = Salt::new(HKDF_SHA256, b"saludtech.anonimizacion.v1").extract(&bytes);
        let clave = |uso: &[u8]| {
            raiz.expand(&[uso, inquilino.as_bytes()], HMAC_SHA256)
                .map(hmac::Key::from)
                .map_err(|_| ErrorClaves::Biblioteca)
        };
        Ok(Self { inquilino: inquilino.to_owned(), seudonimos, uid: clave(b"uid:")?, fechas: clave(b"fechas:")? })
    }

    /// The code of a patient's id; the same as [`Seudonimizador::paciente`] gives for the tenant.
    pub(crate) fn paciente(&self, id: &str) -> Result<Seudonimo, ErrorSeudonimo> {
        self.seudonimos.paciente(&self.inquilino, id)
    }

    /// The UID that stands for another: `2.25.` and a UUID of version 8 as a decimal number (PS3.5 B.2).
    pub(crate) fn uid(&self, original: &str) -> String {
        let firma = hmac::sign(&self.uid, original.as_bytes());
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&firma.as_ref()[..16]);
        bytes[6] = bytes[6] & 0x0F | 0x80;
        bytes[8] = bytes[8] & 0x3F | 0x80;
        format!("2.25.{}", u128::from_be_bytes(bytes))
    }

    /// How many days the dates of a patient move: 1 to 3650, always back.
    pub(crate) fn dias(&self, paciente: &str) -> i64 {
        let firma = hmac::sign(&self.fechas, paciente.trim().as_bytes());
        let mut bytes = [0; 8];
        bytes.copy_from_slice(&firma.as_ref()[..8]);
        let dias = u64::from_be_bytes(bytes) % 3650;
        -1 - i64::try_from(dias).unwrap_or(0)
    }
}

impl fmt::Debug for Claves {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Claves")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claves(inquilino: &str) -> Claves {
        let maestra = SecretString::from("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=");
        Claves::nuevas(&maestra, inquilino).expect("a valid key")
    }

    #[test]
    fn un_uid_nuevo_es_estable_valido_y_distinto_por_inquilino() {
        let nuevo = claves("uno").uid("1.2.840.113619.2.1");
        assert_eq!(nuevo, claves("uno").uid("1.2.840.113619.2.1"));
        assert_ne!(nuevo, claves("dos").uid("1.2.840.113619.2.1"));
        assert!(nuevo.len() <= 64 && nuevo.starts_with("2.25.") && !nuevo.starts_with("2.25.0"), "{nuevo}");
    }

    #[test]
    fn las_fechas_de_un_paciente_se_mueven_siempre_igual_y_nunca_se_quedan() {
        assert_eq!(claves("uno").dias("PAC-1"), claves("uno").dias(" PAC-1 "));
        let dias: std::collections::BTreeSet<i64> = (0..200).map(|n| claves("uno").dias(&n.to_string())).collect();
        assert!(dias.len() > 180 && dias.iter().all(|dias| (-3650..0).contains(dias)), "{dias:?}");
    }

    #[test]
    fn una_clave_mala_se_rechaza() {
        let error = Claves::nuevas(&SecretString::from("corta"), "uno").expect_err("refused");
        assert_eq!(error, ErrorClaves::ClaveMaestra);
    }
}

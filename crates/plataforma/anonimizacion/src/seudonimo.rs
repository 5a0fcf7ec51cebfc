use std::fmt;

use aws_lc_rs::{
    hkdf::{HKDF_SHA256, Prk, Salt},
    hmac::{self, HMAC_SHA256},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

const LARGO_DE_CLAVE: usize = 32;
const BYTES: usize = 15;
const ALFABETO: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// Replaces the ids of patients by codes that only the holder of the master key can make.
pub struct Seudonimizador {
    raiz: Prk,
}

/// The code that stands for a patient of a tenant: 24 characters of Crockford's base32.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Seudonimo(String);

impl Seudonimo {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Seudonimo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Why no pseudonym can be made. No variant carries the id or the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ErrorSeudonimo {
    #[error("the master key is not 32 bytes in base64")]
    ClaveMaestra,
    #[error("a blank id has no pseudonym")]
    SinId,
    #[error("the cryptographic library failed")]
    Biblioteca,
}

impl Seudonimizador {
    /// `maestra` is 32 bytes in base64.
    pub fn nuevo(maestra: &SecretString) -> Result<Self, ErrorSeudonimo> {
        let bytes =
            STANDARD.decode(maestra.expose_secret()).map(Zeroizing::new).map_err(|_| ErrorSeudonimo::ClaveMaestra)?;
        if bytes.len() != LARGO_DE_CLAVE {
            return Err(ErrorSeudonimo::ClaveMaestra);
        }
        let raiz = Salt::new(HKDF_SHA256, b"saludtech.seudonimo.v1").extract(&bytes);
        Ok(Self { raiz })
    }

    /// The code of a patient's id within a tenant.
    pub fn paciente(&self, inquilino: &str, id: &str) -> Result<Seudonimo, ErrorSeudonimo> {
        let id = id.trim();
        if id.is_empty() {
            return Err(ErrorSeudonimo::SinId);
        }
        let clave = self
            .raiz
            .expand(&[b"paciente:", inquilino.as_bytes()], HMAC_SHA256)
            .map(hmac::Key::from)
            .map_err(|_| ErrorSeudonimo::Biblioteca)?;
        let firma = hmac::sign(&clave, id.as_bytes());
        Ok(Seudonimo(base32(&firma.as_ref()[..BYTES])))
    }
}

impl fmt::Debug for Seudonimizador {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Seudonimizador")
    }
}

/// Eight characters for each group of five bytes.
fn base32(bytes: &[u8]) -> String {
    let letras = bytes.chunks(5).flat_map(|grupo| {
        let numero = grupo.iter().fold(0_u64, |n, byte| n << 8 | u64::from(*byte));
        (0..8).rev().map(move |i| (numero >> (5 * i)) as usize & 31)
    });
    letras.map(|i| char::from(ALFABETO[i])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAESTRA: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
    const OTRA: &str = "//////////////////////////////////////////8=";

    fn con(maestra: &str) -> Seudonimizador {
        Seudonimizador::nuevo(&SecretString::from(maestra)).expect("a valid master key")
    }

    fn codigo(maestra: &str, inquilino: &str, id: &str) -> String {
        let codigo = con(maestra).paciente(inquilino, id);
        codigo.expect("a code").to_string()
    }

    #[test]
    fn el_codigo_es_estable_entre_versiones_del_programa() {
        assert_eq!(codigo(MAESTRA, "publico", "PAC-0001"), "YRKFGYD65F0Z40MYBDE1AGS3");
    }

    #[test]
    fn el_codigo_son_24_letras_sin_rastro_del_id() {
        let codigo = codigo(MAESTRA, "publico", "ABCDEF");
        assert_eq!(codigo.len(), 24);
        assert!(codigo.bytes().all(|b| ALFABETO.contains(&b)), "{codigo}");
        assert!(!codigo.contains("ABCDEF"));
    }

    #[test]
    fn otro_paciente_otro_inquilino_u_otra_clave_dan_otro_codigo() {
        let codigos = [
            codigo(MAESTRA, "uno", "1"),
            codigo(MAESTRA, "uno", "2"),
            codigo(MAESTRA, "dos", "1"),
            codigo(MAESTRA, "uno2", "1"),
            codigo(MAESTRA, "un", "o1"),
            codigo(OTRA, "uno", "1"),
        ];
        let distintos: std::collections::HashSet<_> = codigos.iter().collect();
        assert_eq!(distintos.len(), codigos.len());
    }

    #[test]
    fn los_espacios_de_alrededor_no_cuentan_y_las_mayusculas_si() {
        let referencia = codigo(MAESTRA, "publico", "pac-1");
        assert_eq!(codigo(MAESTRA, "publico", " pac-1 "), referencia);
        assert_ne!(codigo(MAESTRA, "publico", "PAC-1"), referencia);
    }

    #[test]
    fn un_id_en_blanco_o_una_clave_mala_se_rechazan() {
        let vacio = con(MAESTRA).paciente("publico", "  ");
        assert_eq!(vacio, Err(ErrorSeudonimo::SinId));
        for mala in ["", "corta", "AAECAwQFBgcICQoLDA0ODw=="] {
            let error = Seudonimizador::nuevo(&SecretString::from(mala)).expect_err("refused");
            assert_eq!(error, ErrorSeudonimo::ClaveMaestra);
        }
    }

    #[test]
    fn base32_escribe_los_bits_en_orden() {
        assert_eq!(base32(&[0, 0, 0, 0, 0]), "00000000");
        assert_eq!(base32(&[255, 255, 255, 255, 255]), "ZZZZZZZZ");
        assert_eq!(base32(&[8, 0, 0, 0, 1]), "10000001");
    }

    #[test]
    fn debug_no_muestra_la_clave() {
        assert_eq!(format!("{:?}", con(MAESTRA)), "Seudonimizador");
    }
}

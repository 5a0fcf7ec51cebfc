use super::comandos::{clase_de, tipo_de};
use crate::dominio::{IdOperacion, Inquilino};
use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;

const BYTES_MINIMOS: usize = 32;

#[derive(Debug, thiserror::Error)]
pub enum ErrorFirmante {
    #[error("operaciones.clave is not base64")]
    Base64(#[source] base64::DecodeError),
    #[error("operaciones.clave has fewer than {BYTES_MINIMOS} bytes")]
    Corta,
}

/// Writes and reads the public names of operations, `{tipo}.{uuid}.{mac}`.
///
/// The MAC covers the tenant too, so a name is worth nothing to another one.
pub struct Firmante {
    clave: hmac::Key,
}

impl Firmante {
    pub fn nuevo(clave: &SecretString) -> Result<Self, ErrorFirmante> {
        let bytes = STANDARD.decode(clave.expose_secret()).map_err(ErrorFirmante::Base64)?;
        if bytes.len() < BYTES_MINIMOS {
            return Err(ErrorFirmante::Corta);
        }
        Ok(Self { clave: hmac::Key::new(hmac::HMAC_SHA256, &bytes) })
    }

    pub fn nombrar(&self, operacion: &IdOperacion) -> String {
        let mac = hmac::sign(&self.clave, &firmado(operacion));
        let mac = URL_SAFE_NO_PAD.encode(mac.as_ref());
        format!("{}.{}.{mac}", tipo_de(operacion.clase), operacion.id)
    }

    /// `None` for anything that this key did not name for this tenant.
    pub fn reconocer(&self, inquilino: &Inquilino, nombre: &str) -> Option<IdOperacion> {
        let (resto, mac) = nombre.rsplit_once('.')?;
        let (tipo, id) = resto.rsplit_once('.')?;
        let operacion = IdOperacion {
            inquilino: inquilino.clone(),
            clase: clase_de(tipo)?,
            id: Uuid::try_parse(id).ok().filter(|uuid| uuid.to_string() == id)?,
        };
        let mac = URL_SAFE_NO_PAD.decode(mac).ok()?;
        hmac::verify(&self.clave, &firmado(&operacion), &mac).ok()?;
        Some(operacion)
    }
}

/// Each part with its length in front, so that no two operations sign the same bytes.
fn firmado(operacion: &IdOperacion) -> Vec<u8> {
    let partes: [&[u8]; 3] =
        [operacion.inquilino.as_str().as_bytes(), tipo_de(operacion.clase).as_bytes(), operacion.id.as_bytes()];
    partes
        .iter()
        .flat_map(|parte| (parte.len() as u64).to_be_bytes().into_iter().chain(parte.iter().copied()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dominio::ClaseComando;

    fn firmante(byte: u8) -> Firmante {
        Firmante::nuevo(&STANDARD.encode([byte; 32]).into()).expect("a long enough key")
    }

    fn operacion(clase: ClaseComando) -> IdOperacion {
        IdOperacion { inquilino: Inquilino::publico(), clase, id: Uuid::from_u128(7) }
    }

    #[test]
    fn lo_que_nombra_lo_reconoce() {
        for clase in ClaseComando::TODAS {
            let operacion = operacion(clase);
            let nombre = firmante(1).nombrar(&operacion);
            assert_eq!(firmante(1).reconocer(&Inquilino::publico(), &nombre), Some(operacion));
        }
    }

    #[test]
    fn un_nombre_tocado_en_cualquier_parte_no_vale() {
        let nombre = firmante(1).nombrar(&operacion(ClaseComando::PagarSuscripcion));
        let otro_tipo = nombre.replace("Pagar", "Cancelar");
        let otro_id = nombre.replace("000000000007", "000000000008");
        let sin_mac = nombre.rsplit_once('.').expect("a dot").0.to_owned();
        for falso in [otro_tipo, otro_id, sin_mac.clone(), format!("{sin_mac}."), format!("{nombre}A")] {
            assert_eq!(firmante(1).reconocer(&Inquilino::publico(), &falso), None, "{falso}");
        }
        assert_eq!(firmante(2).reconocer(&Inquilino::publico(), &nombre), None);
    }

    #[test]
    fn una_clave_corta_no_arranca() {
        let corta = Firmante::nuevo(&STANDARD.encode([1; 31]).into());
        assert!(matches!(corta, Err(ErrorFirmante::Corta)));
    }
}

//! The bytes of one encrypted value: `version | nonce | ciphertext | tag`.

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use zeroize::Zeroizing;

use crate::ErrorCifrado;

const VERSION: u8 = 1;
const CABEZA: usize = 1 + NONCE_LEN;

pub(crate) struct Llave(RandomizedNonceKey);

impl Llave {
    pub(crate) fn nueva(bytes: &[u8]) -> Result<Self, ErrorCifrado> {
        RandomizedNonceKey::new(&AES_256_GCM, bytes).map(Self).map_err(|_| ErrorCifrado::Biblioteca)
    }

    pub(crate) fn cerrar(&self, claro: &[u8], contexto: &[u8]) -> Result<Vec<u8>, ErrorCifrado> {
        let mut cuerpo = claro.to_vec();
        let nonce =
            self.0.seal_in_place_append_tag(Aad::from(contexto), &mut cuerpo).map_err(|_| ErrorCifrado::Biblioteca)?;
        let mut salida = Vec::with_capacity(CABEZA + cuerpo.len());
        salida.push(VERSION);
        salida.extend_from_slice(nonce.as_ref());
        salida.append(&mut cuerpo);
        Ok(salida)
    }

    pub(crate) fn abrir(&self, cifrado: &[u8], contexto: &[u8]) -> Result<Zeroizing<Vec<u8>>, ErrorCifrado> {
        let (cabeza, cuerpo) = cifrado.split_at_checked(CABEZA).ok_or(ErrorCifrado::Formato)?;
        let nonce = match cabeza {
            [VERSION, nonce @ ..] => Nonce::try_assume_unique_for_key(nonce).map_err(|_| ErrorCifrado::Formato)?,
            _ => return Err(ErrorCifrado::Formato),
        };
        let mut claro = Zeroizing::new(cuerpo.to_vec());
        let largo = self
            .0
            .open_in_place(nonce, Aad::from(contexto), &mut claro)
            .map_err(|_| ErrorCifrado::Autenticacion)?
            .len();
        claro.truncate(largo);
        Ok(claro)
    }
}

use std::fmt;

use aws_lc_rs::{
    aead::AES_256_GCM,
    hkdf::{HKDF_SHA256, Okm, Prk, Salt},
    rand,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

use crate::{ErrorCifrado, sobre::Llave};

const LARGO_DE_CLAVE: usize = 32;
const CONTEXTO_DE_ENVOLTURA: &[u8] = b"clave-de-datos";

/// Encrypts and opens values with keys that only the holder of the master key can use.
pub struct Cifrador {
    envoltura: Llave,
    sello: Llave,
}

/// A data key encrypted by the master key: safe to store next to what it encrypts.
#[derive(Clone, PartialEq, Eq)]
pub struct ClaveEnvuelta(Vec<u8>);

impl ClaveEnvuelta {
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl From<Vec<u8>> for ClaveEnvuelta {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
}

impl Cifrador {
    /// Derives the working keys from `maestra`, 32 bytes in base64.
    pub fn nuevo(maestra: &SecretString) -> Result<Self, ErrorCifrado> {
        let bytes =
            STANDARD.decode(maestra.expose_secret()).map(Zeroizing::new).map_err(|_| ErrorCifrado::ClaveMaestra)?;
        if bytes.len() != LARGO_DE_CLAVE {
            return Err(ErrorCifrado::ClaveMaestra);
        }
        let raiz = Salt::new(HKDF_SHA256, b"saludtech.cifrado.v1").extract(&bytes);
        Ok(Self { envoltura: derivar(&raiz, b"envoltura")?, sello: derivar(&raiz, b"sello")? })
    }

    /// Makes a random data key and returns it wrapped.
    pub fn clave_nueva(&self) -> Result<ClaveEnvuelta, ErrorCifrado> {
        let mut clave = Zeroizing::new([0; LARGO_DE_CLAVE]);
        rand::fill(clave.as_mut_slice()).map_err(|_| ErrorCifrado::Biblioteca)?;
        self.envoltura.cerrar(clave.as_slice(), CONTEXTO_DE_ENVOLTURA).map(ClaveEnvuelta)
    }

    /// Encrypts `claro` with a data key, bound to `contexto`.
    pub fn cifrar(&self, clave: &ClaveEnvuelta, claro: &[u8], contexto: &[u8]) -> Result<Vec<u8>, ErrorCifrado> {
        self.desenvolver(clave)?.cerrar(claro, contexto)
    }

    /// Opens what `cifrar` made with the same data key and context.
    pub fn descifrar(
        &self,
        clave: &ClaveEnvuelta,
        cifrado: &[u8],
        contexto: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, ErrorCifrado> {
        self.desenvolver(clave)?.abrir(cifrado, contexto)
    }

    /// Encrypts `claro` with a key derived from the master key, bound to `contexto`.
    pub fn sellar(&self, claro: &[u8], contexto: &[u8]) -> Result<Vec<u8>, ErrorCifrado> {
        self.sello.cerrar(claro, contexto)
    }

    /// Opens what `sellar` made with the same context.
    pub fn abrir(&self, sellado: &[u8], contexto: &[u8]) -> Result<Zeroizing<Vec<u8>>, ErrorCifrado> {
        self.sello.abrir(sellado, contexto)
    }

    fn desenvolver(&self, clave: &ClaveEnvuelta) -> Result<Llave, ErrorCifrado> {
        let bytes =
            self.envoltura.abrir(clave.as_bytes(), CONTEXTO_DE_ENVOLTURA).map_err(|_| ErrorCifrado::ClaveEnvuelta)?;
        Llave::nueva(&bytes)
    }
}

fn derivar(raiz: &Prk, uso: &[u8]) -> Result<Llave, ErrorCifrado> {
    let mut bytes = Zeroizing::new([0; LARGO_DE_CLAVE]);
    raiz.expand(&[uso], &AES_256_GCM)
        .and_then(|okm: Okm<'_, _>| okm.fill(bytes.as_mut_slice()))
        .map_err(|_| ErrorCifrado::Biblioteca)?;
    Llave::nueva(bytes.as_slice())
}

impl fmt::Debug for Cifrador {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Cifrador")
    }
}

impl fmt::Debug for ClaveEnvuelta {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClaveEnvuelta")
    }
}

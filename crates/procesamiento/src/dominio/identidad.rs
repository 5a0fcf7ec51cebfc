use std::fmt;

use uuid::Uuid;

use super::valores::{ErrorValor, texto};

/// Names an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct IdImagen(pub Uuid);

impl fmt::Display for IdImagen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Names one request to take an image in, however often it is sent; also the id of its command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct IdOperacion(pub Uuid);

texto!(
    /// The partner or health centre that owns the image.
    Inquilino, 64
);

impl Inquilino {
    /// Who owns what comes without a tenant.
    pub fn publico() -> Self {
        Self("publico".to_owned())
    }
}

texto!(
    /// Who asks.
    Actor, 200
);

impl Actor {
    /// Who asks without saying who.
    pub fn anonimo() -> Self {
        Self("anonimo".to_owned())
    }
}

/// SHA-256 of a request, in hexadecimal: tells its repetition from another request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Huella(String);

impl Huella {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<&str> for Huella {
    type Error = ErrorValor;

    fn try_from(texto: &str) -> Result<Self, ErrorValor> {
        if texto.len() == 64 && texto.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
            return Ok(Self(texto.to_owned()));
        }
        Err(ErrorValor::Huella)
    }
}

use serde::{Deserialize, Serialize};

const LARGO_MAXIMO: usize = 64;

/// Who gave an order, as the audit trail names them: 1 to 64 of `A-Z a-z 0-9 . _ @ -`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Actor(String);

/// The text does not have the shape of an actor; the text itself is left out on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("el actor no es un codigo de 1 a {LARGO_MAXIMO} letras, cifras o . _ @ -")]
pub struct ActorInvalido;

impl Actor {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<&str> for Actor {
    type Error = ActorInvalido;

    fn try_from(texto: &str) -> Result<Self, Self::Error> {
        Self::try_from(texto.to_owned())
    }
}

impl TryFrom<String> for Actor {
    type Error = ActorInvalido;

    fn try_from(texto: String) -> Result<Self, Self::Error> {
        let cabe = (1..=LARGO_MAXIMO).contains(&texto.len());
        let legible = |letra: u8| letra.is_ascii_alphanumeric() || b"._@-".contains(&letra);
        if cabe && texto.bytes().all(legible) { Ok(Self(texto)) } else { Err(ActorInvalido) }
    }
}

impl From<Actor> for String {
    fn from(actor: Actor) -> Self {
        actor.0
    }
}

impl std::fmt::Display for Actor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

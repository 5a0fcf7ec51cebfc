use serde::{Deserialize, Serialize};

const LARGO_MAXIMO: usize = 64;

/// A short machine-readable value: a failure code, an id, an amount.
///
/// The saga's state and log are kept for ever and hold nothing else, so free text, which could carry
/// personal data, does not fit: 1 to 64 of `A-Z a-z 0-9 . _ : -`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Codigo(String);

/// The text does not have the shape of a code; the text itself is left out on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("el valor no es un codigo de 1 a {LARGO_MAXIMO} letras, cifras o . _ : -")]
pub struct CodigoInvalido;

impl Codigo {
    /// The code of a step that never answered.
    pub fn sin_respuesta() -> Self {
        Self("sin_respuesta".to_owned())
    }

    /// The code of a step whose failure brought none that can be kept.
    pub fn sin_codigo() -> Self {
        Self("sin_codigo".to_owned())
    }

    /// The code of a saga that turned because an operator said so, and gave no reason.
    pub fn orden_de_operador() -> Self {
        Self("orden_de_operador".to_owned())
    }

    /// The code of a saga that had turned, by an entry of its log that was lost.
    pub fn registro_perdido() -> Self {
        Self("registro_perdido".to_owned())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<&str> for Codigo {
    type Error = CodigoInvalido;

    fn try_from(texto: &str) -> Result<Self, Self::Error> {
        Self::try_from(texto.to_owned())
    }
}

impl TryFrom<String> for Codigo {
    type Error = CodigoInvalido;

    fn try_from(texto: String) -> Result<Self, Self::Error> {
        let cabe = (1..=LARGO_MAXIMO).contains(&texto.len());
        let legible = |letra: u8| letra.is_ascii_alphanumeric() || b"._:-".contains(&letra);
        if cabe && texto.bytes().all(legible) { Ok(Self(texto)) } else { Err(CodigoInvalido) }
    }
}

impl From<Codigo> for String {
    fn from(codigo: Codigo) -> Self {
        codigo.0
    }
}

impl std::fmt::Display for Codigo {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

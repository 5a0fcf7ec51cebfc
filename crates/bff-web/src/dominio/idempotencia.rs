/// The caller's name for one attempt, the same in every repetition of it.
#[derive(Clone, PartialEq, Eq)]
pub struct ClaveIdempotencia(String);

/// The key is not 1 to 255 visible ASCII characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the idempotency key is not 1 to 255 visible ascii characters")]
pub struct ClaveInvalida;

impl ClaveIdempotencia {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<&[u8]> for ClaveIdempotencia {
    type Error = ClaveInvalida;

    fn try_from(bytes: &[u8]) -> Result<Self, ClaveInvalida> {
        let visible = (1..=255).contains(&bytes.len()) && bytes.iter().all(u8::is_ascii_graphic);
        match std::str::from_utf8(bytes) {
            Ok(texto) if visible => Ok(Self(texto.to_owned())),
            Ok(_) | Err(_) => Err(ClaveInvalida),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn una_clave_tiene_de_1_a_255_caracteres_visibles() {
        for valida in ["a".to_owned(), "~!".to_owned(), "x".repeat(255)] {
            assert!(ClaveIdempotencia::try_from(valida.as_bytes()).is_ok(), "{valida}");
        }
        for invalida in ["".to_owned(), "con espacio".to_owned(), "ñ".to_owned(), "x".repeat(256)] {
            assert!(ClaveIdempotencia::try_from(invalida.as_bytes()).is_err(), "{invalida}");
        }
    }
}

use std::fmt;

use serde::{Deserialize, Serialize};

/// An address that cannot be a mail address. It does not quote it: it is personal data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a mail address")]
pub struct DireccionInvalida;

/// A mail address, which exists only in memory while a mail is rendered and sent.
#[derive(Clone, PartialEq, Eq)]
pub struct Direccion {
    texto: String,
    arroba: usize,
}

impl Direccion {
    pub fn como_texto(&self) -> &str {
        &self.texto
    }

    pub fn dominio(&self) -> &str {
        &self.texto[self.arroba + 1..]
    }

    /// What may be stored and published: the first letter and the domain.
    pub fn enmascarada(&self) -> DireccionEnmascarada {
        let inicial = self.texto.chars().next().unwrap_or('*');
        DireccionEnmascarada(format!("{inicial}***@{}", self.dominio()))
    }
}

impl TryFrom<String> for Direccion {
    type Error = DireccionInvalida;

    fn try_from(texto: String) -> Result<Self, DireccionInvalida> {
        let arroba = texto.rfind('@').ok_or(DireccionInvalida)?;
        let (local, dominio) = (&texto[..arroba], &texto[arroba + 1..]);
        let suelto = texto.chars().any(|c| c.is_control() || c.is_whitespace());
        if local.is_empty() || dominio.is_empty() || texto.len() > 254 || suelto {
            return Err(DireccionInvalida);
        }
        Ok(Self { texto, arroba })
    }
}

impl fmt::Debug for Direccion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.enmascarada().0)
    }
}

/// `p***@domain.com`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DireccionEnmascarada(String);

impl DireccionEnmascarada {
    pub fn como_texto(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn la_mascara_deja_la_inicial_y_el_dominio() {
        let direccion = Direccion::try_from("pperez@domain.com".to_owned()).expect("valid");
        assert_eq!(direccion.enmascarada().como_texto(), "p***@domain.com");
        assert_eq!(format!("{direccion:?}"), "p***@domain.com");
    }

    #[test]
    fn lo_que_no_es_una_direccion_se_rechaza() {
        for mala in ["", "@", "pperez", "pperez@", "@domain.com", "p perez@domain.com", "p@d.com\r\nBcc: x@y.z"] {
            assert_eq!(Direccion::try_from(mala.to_owned()), Err(DireccionInvalida), "{mala:?}");
        }
    }
}

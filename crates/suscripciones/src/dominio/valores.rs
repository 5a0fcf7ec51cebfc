use std::fmt;

use uuid::Uuid;

/// The tenant of whoever names none, while there is no identity provider.
pub const INQUILINO_PUBLICO: &str = "publico";

/// Why a text is not the value it should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ErrorValor {
    #[error("el valor está vacío")]
    Vacio,
    #[error("el valor supera {0} caracteres")]
    Largo(usize),
    #[error("el monto debe tener la forma 150000.00")]
    Monto,
    #[error("debe ser un código de 1 a {LARGO_CODIGO} letras, cifras o . _ : -")]
    Parametro,
}

macro_rules! identificador {
    ($(#[$doc:meta])* $nombre:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $nombre(pub Uuid);

        impl fmt::Display for $nombre {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

identificador! {
    /// Identity of a subscription.
    IdSuscripcion
}
identificador! {
    /// Identity of a saga.
    IdSaga
}
identificador! {
    /// Identity of a data service.
    IdServicioDatos
}

macro_rules! codigo {
    ($(#[$doc:meta])* $nombre:ident, $normalizar:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $nombre(String);

        impl TryFrom<&str> for $nombre {
            type Error = ErrorValor;

            fn try_from(texto: &str) -> Result<Self, ErrorValor> {
                acotado(texto).map($normalizar).map(Self)
            }
        }

        impl AsRef<str> for $nombre {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $nombre {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

codigo! {
    /// The code a client is known by; at most 64 characters.
    CodigoCliente, str::to_owned
}
codigo! {
    /// The code of a plan; `PRO` and `pro` are the same plan.
    CodigoPlan, str::to_lowercase
}

/// A free parameter of a plan: a code, so that no sentence and no address fits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parametro(String);

impl TryFrom<&str> for Parametro {
    type Error = ErrorValor;

    fn try_from(texto: &str) -> Result<Self, ErrorValor> {
        let legible = |letra: u8| letra.is_ascii_alphanumeric() || b"._:-".contains(&letra);
        let cabe = (1..=LARGO_CODIGO).contains(&texto.len());
        (cabe && texto.bytes().all(legible)).then(|| Self(texto.to_owned())).ok_or(ErrorValor::Parametro)
    }
}

impl fmt::Display for Parametro {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

const LARGO_CODIGO: usize = 64;

fn acotado(texto: &str) -> Result<&str, ErrorValor> {
    let texto = texto.trim();
    if texto.is_empty() {
        return Err(ErrorValor::Vacio);
    }
    if texto.chars().count() > LARGO_CODIGO {
        return Err(ErrorValor::Largo(LARGO_CODIGO));
    }
    Ok(texto)
}

/// An amount of money in hundredths of its currency; never negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Monto(i64);

impl Monto {
    /// From hundredths; `None` when negative.
    pub fn de_centavos(centavos: i64) -> Option<Self> {
        (centavos >= 0).then_some(Self(centavos))
    }

    pub fn centavos(self) -> i64 {
        self.0
    }
}

impl TryFrom<&str> for Monto {
    type Error = ErrorValor;

    /// Reads `150000`, `150000.5` or `150000.00`.
    fn try_from(texto: &str) -> Result<Self, ErrorValor> {
        let (enteros, decimales) = texto.split_once('.').unwrap_or((texto, "0"));
        let solo_digitos = |t: &str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_digit());
        if !solo_digitos(enteros) || !solo_digitos(decimales) || decimales.len() > 2 {
            return Err(ErrorValor::Monto);
        }
        let leer = |t: &str| t.parse::<i64>().map_err(|_| ErrorValor::Monto);
        let centavos = if decimales.len() == 1 { leer(decimales)? * 10 } else { leer(decimales)? };
        leer(enteros)?.checked_mul(100).and_then(|n| n.checked_add(centavos)).map(Self).ok_or(ErrorValor::Monto)
    }
}

impl fmt::Display for Monto {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:02}", self.0 / 100, self.0 % 100)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn un_monto_va_y_vuelve_como_texto() {
        for (texto, esperado) in [("150000.00", "150000.00"), ("7", "7.00"), ("0.5", "0.50"), ("12.05", "12.05")] {
            assert_eq!(Monto::try_from(texto).map(|m| m.to_string()), Ok(esperado.to_owned()));
        }
    }

    #[test]
    fn un_monto_mal_escrito_no_entra() {
        for texto in ["", "-1", "1.234", "1,5", ".5", "5.", "99999999999999999999", "92233720368547758.08"] {
            assert_eq!(Monto::try_from(texto), Err(ErrorValor::Monto), "{texto}");
        }
    }

    #[test]
    fn un_parametro_es_un_codigo_y_nunca_un_dato_personal() {
        assert_eq!(Parametro::try_from("mensual-2").map(|p| p.to_string()), Ok("mensual-2".to_owned()));
        for texto in ["", "Pablo Perez", "p@d.co", "á", &"x".repeat(65)] {
            assert_eq!(Parametro::try_from(texto), Err(ErrorValor::Parametro), "{texto}");
        }
    }

    #[test]
    fn el_codigo_de_plan_no_distingue_mayusculas() {
        assert_eq!(CodigoPlan::try_from(" PRO "), CodigoPlan::try_from("pro"));
        assert_eq!(CodigoCliente::try_from("  "), Err(ErrorValor::Vacio));
    }
}

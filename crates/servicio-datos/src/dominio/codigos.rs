use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Why a text cannot name a thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CodigoInvalido {
    #[error("no puede estar vacío")]
    Vacio,
    #[error("no puede pasar de {} caracteres", LARGO_MAXIMO)]
    MuyLargo,
    #[error("solo admite letras, dígitos, punto, guion y guion bajo, y empieza por letra o dígito")]
    Simbolo,
}

const LARGO_MAXIMO: usize = 64;

/// Declares names that are safe in a path, a key and a log line.
macro_rules! codigos {
    ($($(#[$doc:meta])* $nombre:ident => $normalizar:expr;)+) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $nombre(String);

        impl $nombre {
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<&str> for $nombre {
            type Error = CodigoInvalido;

            fn try_from(texto: &str) -> Result<Self, CodigoInvalido> {
                let normalizar: fn(&str) -> String = $normalizar;
                comprobar(texto).map(normalizar).map(Self)
            }
        }

        impl TryFrom<String> for $nombre {
            type Error = CodigoInvalido;

            fn try_from(texto: String) -> Result<Self, CodigoInvalido> {
                Self::try_from(texto.as_str())
            }
        }

        impl From<$nombre> for String {
            fn from(codigo: $nombre) -> Self {
                codigo.0
            }
        }

        impl std::fmt::Display for $nombre {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }
    )+};
}

codigos! {
    /// A client, as the client's own system names it.
    CodigoCliente => str::to_owned;
    /// A plan of the catalogue of suscripciones; compares without case.
    CodigoPlan => str::to_lowercase;
    /// A cloud; compares without case.
    CodigoNube => str::to_lowercase;
    /// A data set; compares without case.
    CodigoDataset => str::to_lowercase;
    /// An expert; compares without case.
    CodigoExperto => str::to_lowercase;
    /// What an expert knows; compares without case.
    Especialidad => str::to_lowercase;
    /// The partner on whose behalf a command acts.
    Inquilino => str::to_owned;
}

fn comprobar(texto: &str) -> Result<&str, CodigoInvalido> {
    let texto = texto.trim();
    if texto.is_empty() {
        return Err(CodigoInvalido::Vacio);
    }
    if texto.len() > LARGO_MAXIMO {
        return Err(CodigoInvalido::MuyLargo);
    }
    let admitido = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    if !texto.starts_with(|c: char| c.is_ascii_alphanumeric()) || !texto.chars().all(admitido) {
        return Err(CodigoInvalido::Simbolo);
    }
    Ok(texto)
}

impl Inquilino {
    /// The tenant of every command while no identity provider is configured.
    pub fn publico() -> Self {
        Self("publico".to_owned())
    }
}

/// Declares ids that never mix, although each is a UUID.
macro_rules! ids {
    ($($(#[$doc:meta])* $nombre:ident;)+) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $nombre(pub Uuid);

        impl std::fmt::Display for $nombre {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }
    )+};
}

ids! {
    /// A data service; derivable from its subscription.
    IdServicioDatos;
    /// The subscription a data service belongs to.
    IdSuscripcion;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn los_codigos_del_catalogo_no_distinguen_mayusculas_y_los_de_cliente_si() {
        assert_eq!(CodigoNube::try_from(" AWS-Bogota "), CodigoNube::try_from("aws-bogota"));
        assert_ne!(CodigoCliente::try_from("Lab1"), CodigoCliente::try_from("lab1"));
    }

    #[test]
    fn un_codigo_nunca_puede_salirse_de_su_ruta() {
        for invalido in ["../nubes", ".", "a/b", "a b", "a%2fb", "á", "a\nb"] {
            assert_eq!(CodigoNube::try_from(invalido), Err(CodigoInvalido::Simbolo), "{invalido:?}");
        }
        assert_eq!(CodigoNube::try_from(" "), Err(CodigoInvalido::Vacio));
        assert_eq!(CodigoNube::try_from("x".repeat(65)), Err(CodigoInvalido::MuyLargo));
    }
}

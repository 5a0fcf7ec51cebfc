use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A value that arrived and cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ErrorValor {
    #[error("{0} is empty")]
    Vacio(&'static str),
    #[error("{0} is longer than {1} bytes")]
    Largo(&'static str, usize),
    #[error("{0} has characters that it may not have")]
    Caracteres(&'static str),
    #[error("{0} is none of the known ones")]
    Desconocido(&'static str),
}

/// Stream of one notification in the event store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct IdNotificacion(Uuid);

/// The subscription that a notification is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct IdSuscripcion(Uuid);

macro_rules! identificador {
    ($tipo:ident) => {
        impl $tipo {
            pub fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl From<Uuid> for $tipo {
            fn from(uuid: Uuid) -> Self {
                Self(uuid)
            }
        }

        impl fmt::Display for $tipo {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

identificador!(IdNotificacion);
identificador!(IdSuscripcion);

/// The code by which every service knows a client.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CodigoCliente(String);

/// Name of a mail template: lowercase ASCII letters, digits and `_`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct NombrePlantilla(String);

/// The partner whose data this is.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Inquilino(String);

macro_rules! texto {
    ($tipo:ident, $nombre:literal, $admite:expr) => {
        impl $tipo {
            pub const LARGO_MAXIMO: usize = 64;

            pub fn como_texto(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $tipo {
            type Error = ErrorValor;

            fn try_from(texto: String) -> Result<Self, ErrorValor> {
                match texto.len() {
                    0 => Err(ErrorValor::Vacio($nombre)),
                    largo if largo > Self::LARGO_MAXIMO => Err(ErrorValor::Largo($nombre, Self::LARGO_MAXIMO)),
                    _ if texto.chars().all($admite) => Ok(Self(texto)),
                    _ => Err(ErrorValor::Caracteres($nombre)),
                }
            }
        }

        impl From<$tipo> for String {
            fn from(valor: $tipo) -> String {
                valor.0
            }
        }
    };
}

texto!(CodigoCliente, "codigo_cliente", |c: char| !c.is_control());
texto!(NombrePlantilla, "plantilla", |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
texto!(Inquilino, "inquilino", |c: char| !c.is_control());

/// A client: codes belong to a tenant.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ClaveCliente {
    pub inquilino: Inquilino,
    pub codigo: CodigoCliente,
}

/// What a template needs besides the contact: codes, amounts, dates. No personal data.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "BTreeMap<String, String>", into = "BTreeMap<String, String>")]
pub struct Datos(BTreeMap<String, String>);

impl Datos {
    pub const LARGO_MAXIMO: usize = 8 * 1024;

    pub fn como_mapa(&self) -> &BTreeMap<String, String> {
        &self.0
    }
}

impl TryFrom<BTreeMap<String, String>> for Datos {
    type Error = ErrorValor;

    fn try_from(mapa: BTreeMap<String, String>) -> Result<Self, ErrorValor> {
        let largo: usize = mapa.iter().map(|(clave, valor)| clave.len() + valor.len()).sum();
        if largo > Self::LARGO_MAXIMO {
            return Err(ErrorValor::Largo("datos", Self::LARGO_MAXIMO));
        }
        // Postgres cannot store it in jsonb.
        if mapa.iter().any(|(clave, valor)| clave.contains('\0') || valor.contains('\0')) {
            return Err(ErrorValor::Caracteres("datos"));
        }
        Ok(Self(mapa))
    }
}

impl From<Datos> for BTreeMap<String, String> {
    fn from(datos: Datos) -> Self {
        datos.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn el_nombre_de_una_plantilla_nunca_es_una_ruta() {
        for malo in ["../etc/passwd", "a/b", "a.txt", "A", ""] {
            assert!(NombrePlantilla::try_from(malo.to_owned()).is_err(), "{malo}");
        }
        assert!(NombrePlantilla::try_from("suscripcion_activa".to_owned()).is_ok());
    }

    #[test]
    fn los_datos_tienen_un_limite() {
        let enorme = BTreeMap::from([("clave".to_owned(), "x".repeat(Datos::LARGO_MAXIMO))]);
        assert_eq!(Datos::try_from(enorme), Err(ErrorValor::Largo("datos", Datos::LARGO_MAXIMO)));
    }
}

use std::{fmt, io};

use figment::error::Kind;

/// Why the settings of a process were refused.
#[derive(Debug, thiserror::Error)]
pub enum ErrorAjustes {
    #[error("the settings file {archivo} cannot be read")]
    Archivo {
        archivo: String,
        #[source]
        causa: io::Error,
    },
    #[error("invalid settings: {}", en_linea(.0))]
    Invalidos(Vec<ClaveInvalida>),
    #[error(
        "http.direccion {0} is not loopback and no identity provider is configured; \
         set SALUDTECH_SIN_AUTENTICACION=desarrollo to accept that"
    )]
    Expuesto(std::net::IpAddr),
}

/// One refused key. It carries no value, because the value may be a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaveInvalida {
    /// Dotted path, `postgres.url`.
    pub clave: String,
    pub motivo: String,
    /// Where the value came from, when one was given.
    pub origen: Option<String>,
}

impl fmt::Display for ClaveInvalida {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.clave, self.motivo)?;
        match &self.origen {
            Some(origen) => write!(f, " ({origen})"),
            None => Ok(()),
        }
    }
}

impl From<figment::Error> for ErrorAjustes {
    fn from(error: figment::Error) -> Self {
        Self::Invalidos(error.into_iter().map(clave_invalida).collect())
    }
}

fn clave_invalida(error: figment::Error) -> ClaveInvalida {
    let origen = error.metadata.as_ref().map(|m| match &m.source {
        Some(fuente) => format!("{} {fuente}", m.name),
        None => m.name.to_string(),
    });
    let mut camino = error.path.clone();
    let motivo = match error.kind {
        Kind::MissingField(campo) => {
            camino.push(campo.into_owned());
            "is missing".to_owned()
        }
        Kind::UnknownField(campo, _) => {
            // serde may or may not have entered the unknown key already.
            if camino.last() != Some(&campo) {
                camino.push(campo);
            }
            "is not a known key".to_owned()
        }
        Kind::UnknownVariant(_, esperadas) => format!("expected one of {}", esperadas.join(", ")),
        Kind::InvalidType(_, esperado) | Kind::InvalidValue(_, esperado) => {
            format!("expected {esperado}")
        }
        Kind::InvalidLength(_, esperado) => format!("expected a length of {esperado}"),
        Kind::Message(mensaje) => mensaje,
        _ => "has a value of an unsupported kind".to_owned(),
    };
    ClaveInvalida { clave: camino.join("."), motivo, origen }
}

fn en_linea(claves: &[ClaveInvalida]) -> String {
    let textos: Vec<_> = claves.iter().map(ToString::to_string).collect();
    textos.join("; ")
}

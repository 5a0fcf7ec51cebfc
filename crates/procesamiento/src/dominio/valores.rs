use std::fmt;

use chrono::{DateTime, Datelike, NaiveDateTime, Utc};

/// Why a text is not a value of the domain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ErrorValor {
    #[error("is missing")]
    Ausente,
    #[error("has more than {0} characters")]
    Largo(usize),
    #[error("has control characters")]
    Control,
    #[error("is not a date such as 2024-02-01 09:10:00")]
    Fecha,
    #[error("is not a pseudonym")]
    Seudonimo,
    #[error("is not a sha256 in hexadecimal")]
    Huella,
    #[error("is not the key of an object")]
    Clave,
}

/// A trimmed text of 1 to `maximo` characters without control characters.
pub(super) fn limpio(texto: &str, maximo: usize) -> Result<String, ErrorValor> {
    let texto = texto.trim();
    if texto.is_empty() {
        return Err(ErrorValor::Ausente);
    }
    if texto.chars().count() > maximo {
        return Err(ErrorValor::Largo(maximo));
    }
    if texto.chars().any(char::is_control) {
        return Err(ErrorValor::Control);
    }
    Ok(texto.to_owned())
}

/// Declares a short text of the domain.
macro_rules! texto {
    ($(#[$doc:meta])* $nombre:ident, $maximo:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        pub struct $nombre(String);

        impl TryFrom<&str> for $nombre {
            type Error = $crate::dominio::ErrorValor;

            fn try_from(texto: &str) -> Result<Self, Self::Error> {
                $crate::dominio::valores::limpio(texto, $maximo).map(Self)
            }
        }

        impl $nombre {
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
    };
}
pub(super) use texto;

/// What stands where nobody has said anything.
pub const SIN_INFORMAR: &str = "sin informar";

texto!(
    /// How the image was taken: `RX`, `CT`, `Resonancia`.
    Modalidad, 64
);
texto!(Patologia, 200);
texto!(RegionAnatomica, 100);
texto!(
    /// File format of the image: `DICOM`, `PNG`.
    FormatoImagen, 32
);
texto!(
    /// Who provided the image.
    FuenteDeDatos, 100
);

/// The clinical history of a patient. Personal data: it never prints.
#[derive(Clone, PartialEq, Eq)]
pub struct Antecedentes(String);

impl Antecedentes {
    pub const MAXIMO: usize = 10_000;

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<&str> for Antecedentes {
    type Error = ErrorValor;

    fn try_from(texto: &str) -> Result<Self, ErrorValor> {
        let texto = texto.trim();
        match texto.chars().count() {
            0 => Err(ErrorValor::Ausente),
            1..=Self::MAXIMO => Ok(Self(texto.to_owned())),
            _ => Err(ErrorValor::Largo(Self::MAXIMO)),
        }
    }
}

impl fmt::Debug for Antecedentes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Antecedentes")
    }
}

/// The pseudonym of a patient. Its shape keeps the id of a health centre from passing for one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Paciente(String);

impl Paciente {
    /// Stands for the patient of an image of whom nobody has said anything yet.
    pub fn desconocido() -> Self {
        Self("0".repeat(24))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<&str> for Paciente {
    type Error = ErrorValor;

    fn try_from(texto: &str) -> Result<Self, ErrorValor> {
        let letra = |b: u8| matches!(b, b'0'..=b'9' | b'A'..=b'Z') && !b"ILOU".contains(&b);
        if texto.len() == 24 && texto.bytes().all(letra) {
            return Ok(Self(texto.to_owned()));
        }
        Err(ErrorValor::Seudonimo)
    }
}

/// When the health centre took the image in; written as `2024-02-01 09:10:00`, in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FechaIngesta(DateTime<Utc>);

impl FechaIngesta {
    const FORMA: &str = "%Y-%m-%d %H:%M:%S";

    pub fn instante(self) -> DateTime<Utc> {
        self.0
    }
}

impl From<DateTime<Utc>> for FechaIngesta {
    fn from(instante: DateTime<Utc>) -> Self {
        Self(instante)
    }
}

impl TryFrom<&str> for FechaIngesta {
    type Error = ErrorValor;

    /// Takes the written form, and ISO 8601 with or without an offset.
    fn try_from(texto: &str) -> Result<Self, ErrorValor> {
        let texto = texto.trim();
        if texto.is_empty() {
            return Err(ErrorValor::Ausente);
        }
        let sin_zona = |forma| NaiveDateTime::parse_from_str(texto, forma).map(|fecha| fecha.and_utc());
        let leida = sin_zona(Self::FORMA)
            .or_else(|_| sin_zona("%Y-%m-%dT%H:%M:%S"))
            .or_else(|_| DateTime::parse_from_rfc3339(texto).map(|fecha| fecha.to_utc()));
        match leida {
            Ok(fecha) if (1900..=9999).contains(&fecha.year()) => Ok(Self(fecha)),
            _ => Err(ErrorValor::Fecha),
        }
    }
}

impl fmt::Display for FechaIngesta {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.format(Self::FORMA))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn un_texto_se_recorta_y_tiene_limites() {
        let modalidad = Modalidad::try_from("  RX ").map(|m| m.as_str().to_owned());
        assert_eq!(modalidad, Ok("RX".to_owned()));
        assert_eq!(Modalidad::try_from(" \n"), Err(ErrorValor::Ausente));
        assert_eq!(Modalidad::try_from("x".repeat(65).as_str()), Err(ErrorValor::Largo(64)));
        assert_eq!(Modalidad::try_from("a\nb"), Err(ErrorValor::Control));
    }

    #[test]
    fn la_fecha_se_lee_como_la_escribe_el_centro_y_como_la_escribe_iso() {
        for texto in ["2024-02-01 09:10:00", "2024-02-01T09:10:00", "2024-02-01T04:10:00-05:00", "2024-02-01T09:10:00Z"]
        {
            let fecha = FechaIngesta::try_from(texto).map(|fecha| fecha.to_string());
            assert_eq!(fecha, Ok("2024-02-01 09:10:00".to_owned()), "{texto}");
        }
        for texto in ["ayer", "2024-02-30 09:10:00", "2024-02-01", "0001-01-01 00:00:00", "+12024-02-01 09:10:00"] {
            assert_eq!(FechaIngesta::try_from(texto), Err(ErrorValor::Fecha), "{texto}");
        }
    }

    #[test]
    fn un_id_de_centro_no_pasa_por_seudonimo() {
        assert!(Paciente::try_from("YRKFGYD65F0Z40MYBDE1AGS3").is_ok());
        for id in ["PAC-0001", "123457890", "yrkfgyd65f0z40mybde1ags3", "LRKFGYD65F0Z40MYBDE1AGS3"] {
            assert_eq!(Paciente::try_from(id), Err(ErrorValor::Seudonimo), "{id}");
        }
    }

    #[test]
    fn los_antecedentes_no_se_imprimen() {
        let antecedentes = Antecedentes::try_from("fumador desde 1990").expect("valid");
        assert_eq!(format!("{antecedentes:?}"), "Antecedentes");
    }
}

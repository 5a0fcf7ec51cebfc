use serde::Serialize;
use std::collections::BTreeMap;

/// Why a text is not a value of the domain; the message is what the caller reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ErrorValor {
    #[error("no puede estar vacío")]
    Vacio,
    #[error("no puede pasar de {0} caracteres")]
    MuyLargo(usize),
    #[error("no puede llevar caracteres de control")]
    Control,
    #[error("solo admite letras, dígitos, punto, guion y guion bajo, y empieza por letra o dígito")]
    Codigo,
    #[error("solo admite letras, dígitos, punto y guion, y empieza por letra o dígito")]
    Identificador,
    #[error("solo admite minúsculas, dígitos y guion bajo")]
    Plantilla,
    #[error("no puede pasar de {0} bytes en total")]
    Grande(usize),
    #[error("no es una dirección de correo")]
    Correo,
    #[error("debe ser un importe mayor que cero en texto, como \"150000.00\"")]
    Monto,
    #[error("debe ser un código de moneda de tres letras mayúsculas, como \"COP\"")]
    Moneda,
}

/// Declares text types that are built only through their check.
macro_rules! textos {
    ($($(#[$doc:meta])* $nombre:ident => $comprobar:expr;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Serialize)]
        #[serde(transparent)]
        pub struct $nombre(String);

        impl $nombre {
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $nombre {
            type Error = ErrorValor;

            fn try_from(texto: String) -> Result<Self, ErrorValor> {
                let comprobar: fn(&str) -> Result<(), ErrorValor> = $comprobar;
                comprobar(&texto)?;
                Ok(Self(texto))
            }
        }

        impl From<$nombre> for String {
            fn from(valor: $nombre) -> Self {
                valor.0
            }
        }
    )*};
}

textos! {
    /// A name of a thing that somebody outside chose: client, cloud, dataset, user, template.
    Codigo => codigo;
    /// A line of text that a person wrote.
    Texto => |texto| linea(texto, 120);
    /// A reason in free words.
    TextoLargo => |texto| linea(texto, 500);
    /// The number of an identity document or a tax register.
    IdentificadorPersonal => identificador;
    /// An e-mail address.
    Correo => correo;
    /// The name of a message template.
    Plantilla => plantilla;
    /// A positive amount with at most two decimals, as text so that no cent is lost.
    Monto => monto;
    /// An ISO 4217 currency code.
    Moneda => moneda;
}

/// What a message template fills in, besides the contact.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct DatosPlantilla(BTreeMap<String, String>);

impl DatosPlantilla {
    const MAXIMO: usize = 8 * 1024;
}

impl TryFrom<BTreeMap<String, String>> for DatosPlantilla {
    type Error = ErrorValor;

    fn try_from(datos: BTreeMap<String, String>) -> Result<Self, ErrorValor> {
        if datos.iter().map(|(clave, valor)| clave.len() + valor.len()).sum::<usize>() > Self::MAXIMO {
            return Err(ErrorValor::Grande(Self::MAXIMO));
        }
        if datos.iter().any(|(clave, valor)| clave.contains('\0') || valor.contains('\0')) {
            return Err(ErrorValor::Control);
        }
        Ok(Self(datos))
    }
}

impl From<DatosPlantilla> for BTreeMap<String, String> {
    fn from(datos: DatosPlantilla) -> Self {
        datos.0
    }
}

/// A non-empty line of at most `maximo` characters.
pub(super) fn linea(texto: &str, maximo: usize) -> Result<(), ErrorValor> {
    if texto.trim().is_empty() {
        return Err(ErrorValor::Vacio);
    }
    if texto.chars().count() > maximo {
        return Err(ErrorValor::MuyLargo(maximo));
    }
    if texto.chars().any(char::is_control) {
        return Err(ErrorValor::Control);
    }
    Ok(())
}

/// A name that is safe in a path, a key and a log line.
pub(super) fn codigo(texto: &str) -> Result<(), ErrorValor> {
    linea(texto, 64)?;
    simbolos(texto, "._-").then_some(()).ok_or(ErrorValor::Codigo)
}

fn identificador(texto: &str) -> Result<(), ErrorValor> {
    linea(texto, 32)?;
    simbolos(texto, ".-").then_some(()).ok_or(ErrorValor::Identificador)
}

fn simbolos(texto: &str, admitidos: &str) -> bool {
    texto.starts_with(|c: char| c.is_ascii_alphanumeric())
        && texto.chars().all(|c| c.is_ascii_alphanumeric() || admitidos.contains(c))
}

fn correo(texto: &str) -> Result<(), ErrorValor> {
    linea(texto, 254)?;
    es_correo(texto).then_some(()).ok_or(ErrorValor::Correo)
}

fn es_correo(texto: &str) -> bool {
    let Some((local, dominio)) = texto.rsplit_once('@') else { return false };
    let local_valido = !local.is_empty()
        && local.len() <= 64
        && !local.chars().any(|c| c.is_whitespace() || "@,;:<>()[]\\\"".contains(c));
    local_valido && dominio.contains('.') && dominio.split('.').all(es_etiqueta)
}

fn es_etiqueta(etiqueta: &str) -> bool {
    !etiqueta.is_empty()
        && etiqueta.chars().all(|c| c.is_alphanumeric() || c == '-')
        && !etiqueta.starts_with('-')
        && !etiqueta.ends_with('-')
}

fn plantilla(texto: &str) -> Result<(), ErrorValor> {
    linea(texto, 64)?;
    texto
        .bytes()
        .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
        .then_some(())
        .ok_or(ErrorValor::Plantilla)
}

fn monto(texto: &str) -> Result<(), ErrorValor> {
    let (enteros, decimales) = texto.split_once('.').unwrap_or((texto, "0"));
    let digitos =
        |parte: &str, maximo: usize| (1..=maximo).contains(&parte.len()) && parte.bytes().all(|b| b.is_ascii_digit());
    let positivo = texto.bytes().any(|b| (b'1'..=b'9').contains(&b));
    (digitos(enteros, 15) && digitos(decimales, 2) && positivo).then_some(()).ok_or(ErrorValor::Monto)
}

fn moneda(texto: &str) -> Result<(), ErrorValor> {
    (texto.len() == 3 && texto.bytes().all(|b| b.is_ascii_uppercase())).then_some(()).ok_or(ErrorValor::Moneda)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn un_monto_es_un_texto_positivo_con_dos_decimales_a_lo_sumo() {
        for valido in ["150000.00", "1", "0.01", "10.5"] {
            assert_eq!(monto(valido), Ok(()), "{valido}");
        }
        for invalido in ["", "0", "0.00", "-1", "1.005", "1,50", ".5", "5.", "1e3", "1.2.3"] {
            assert_eq!(monto(invalido), Err(ErrorValor::Monto), "{invalido}");
        }
    }

    #[test]
    fn una_direccion_sin_forma_de_correo_se_rechaza() {
        for valida in ["pperez@domain.com", "a.b+c@sub.dominio.co"] {
            assert_eq!(correo(valida), Ok(()), "{valida}");
        }
        for invalida in ["pperez", "@domain.com", "p perez@domain.com", "a@b", "a@b..co", "a@-b.co"] {
            assert_eq!(correo(invalida), Err(ErrorValor::Correo), "{invalida}");
        }
    }

    #[test]
    fn un_codigo_nunca_puede_salirse_de_su_ruta() {
        for invalido in ["../planes", ".", "..", "a/b", "a b", "a%2fb", "á"] {
            assert_eq!(codigo(invalido), Err(ErrorValor::Codigo), "{invalido}");
        }
        assert_eq!(codigo("pro_plus"), Ok(()));
    }

    #[test]
    fn un_salto_de_linea_no_entra_en_ningun_texto() {
        assert_eq!(linea("Pablo\r\nBcc: x", 120), Err(ErrorValor::Control));
        assert_eq!(correo("a@b.co\n"), Err(ErrorValor::Control));
    }
}

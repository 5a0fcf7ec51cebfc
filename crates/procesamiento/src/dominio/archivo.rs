use std::fmt;

use super::Huella;
use super::valores::ErrorValor;

/// What a file of an image is, told by its first bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FormatoArchivo {
    Dicom,
    Jpeg,
    Png,
    Tiff,
}

impl FormatoArchivo {
    pub const TODOS: [Self; 4] = [Self::Dicom, Self::Jpeg, Self::Png, Self::Tiff];

    /// How many bytes are enough to tell: the preamble of DICOM and its mark (PS3.10, 7.1).
    pub const CABEZA: usize = 132;

    /// The format of a file that begins with these bytes; none that this service takes.
    pub fn reconocer(cabeza: &[u8]) -> Option<Self> {
        if cabeza.get(128..Self::CABEZA) == Some(b"DICM") {
            return Some(Self::Dicom);
        }
        match cabeza {
            [0xFF, 0xD8, 0xFF, ..] => Some(Self::Jpeg),
            [0x89, b'P', b'N', b'G', 0x0D, 0x0A, 0x1A, 0x0A, ..] => Some(Self::Png),
            [b'I', b'I', 0x2A, 0, ..] | [b'M', b'M', 0, 0x2A, ..] => Some(Self::Tiff),
            _ => None,
        }
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Dicom => "dicom",
            Self::Jpeg => "jpeg",
            Self::Png => "png",
            Self::Tiff => "tiff",
        }
    }

    pub fn leer(texto: &str) -> Option<Self> {
        Self::TODOS.into_iter().find(|formato| formato.as_str() == texto)
    }

    /// The media type under which the file is given out.
    pub fn tipo_de_contenido(self) -> &'static str {
        match self {
            Self::Dicom => "application/dicom",
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Tiff => "image/tiff",
        }
    }
}

/// Names an object of a store. Made of ids only, so that it tells nothing of what it names.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ClaveObjeto(String);

impl ClaveObjeto {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<&str> for ClaveObjeto {
    type Error = ErrorValor;

    fn try_from(texto: &str) -> Result<Self, ErrorValor> {
        let valido = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        match texto.len() {
            1..=64 if texto.bytes().all(valido) => Ok(Self(texto.to_owned())),
            _ => Err(ErrorValor::Clave),
        }
    }
}

impl From<uuid::Uuid> for ClaveObjeto {
    fn from(id: uuid::Uuid) -> Self {
        Self(id.to_string())
    }
}

impl fmt::Display for ClaveObjeto {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The file of an image as it came, in the quarantine store. It goes once the image has come to an end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Original {
    pub objeto: ClaveObjeto,
    pub formato: FormatoArchivo,
    pub bytes: u64,
    pub sha256: Huella,
}

/// The file of an image as everybody may see it, in the clean store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Archivo {
    pub objeto: ClaveObjeto,
    pub formato: FormatoArchivo,
    pub bytes: u64,
    pub sha256: Huella,
    /// What the clean file says of itself.
    pub atributos: Atributos,
    /// What was done to the file, as a JSON document without personal data.
    pub informe: String,
}

/// What a clean DICOM file is, by its new UIDs; the rest of the formats have none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Atributos {
    pub estudio: Option<String>,
    pub serie: Option<String>,
    pub instancia: Option<String>,
    pub clase: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dicom() -> Vec<u8> {
        [vec![0; 128], b"DICM".to_vec(), vec![2, 0]].concat()
    }

    #[test]
    fn el_formato_se_reconoce_por_los_primeros_bytes() {
        let casos: [(&[u8], Option<FormatoArchivo>); 7] = [
            (&dicom(), Some(FormatoArchivo::Dicom)),
            (b"\xFF\xD8\xFF\xE0", Some(FormatoArchivo::Jpeg)),
            (b"\x89PNG\r\n\x1a\n....", Some(FormatoArchivo::Png)),
            (b"II*\0....", Some(FormatoArchivo::Tiff)),
            (b"MM\0*....", Some(FormatoArchivo::Tiff)),
            (b"%PDF-1.7", None),
            (b"", None),
        ];
        for (cabeza, esperado) in casos {
            assert_eq!(FormatoArchivo::reconocer(cabeza), esperado, "{cabeza:?}");
        }
    }

    #[test]
    fn un_formato_vuelve_de_su_nombre() {
        for formato in FormatoArchivo::TODOS {
            assert_eq!(FormatoArchivo::leer(formato.as_str()), Some(formato));
        }
        assert_eq!(FormatoArchivo::leer("pdf"), None);
    }

    #[test]
    fn una_clave_de_objeto_no_sale_de_su_carpeta() {
        for mala in ["", "../otra", "a/b", "A", "a b", &"a".repeat(65)] {
            assert_eq!(ClaveObjeto::try_from(mala), Err(ErrorValor::Clave), "{mala}");
        }
        assert!(ClaveObjeto::try_from("01932f00-0000-7000-8000-000000000001").is_ok());
    }
}

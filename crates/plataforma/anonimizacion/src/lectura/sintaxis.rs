/// How the bytes of a data set are laid out (PS3.5 7, A).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Forma {
    pub implicita: bool,
    pub mayor: bool,
}

impl Forma {
    pub const EXPLICITA: Self = Self { implicita: false, mayor: false };
    pub const IMPLICITA: Self = Self { implicita: true, mayor: false };
    pub const MAYOR: Self = Self { implicita: false, mayor: true };

    pub fn u16(self, bytes: [u8; 2]) -> u16 {
        if self.mayor { u16::from_be_bytes(bytes) } else { u16::from_le_bytes(bytes) }
    }

    pub fn u32(self, bytes: [u8; 4]) -> u32 {
        if self.mayor { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) }
    }
}

/// A transfer syntax, as far as reading and writing differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sintaxis {
    pub uid: String,
    pub forma: Forma,
    pub deflactada: bool,
    pub encapsulada: bool,
}

pub(crate) const IMPLICITA_LE: &str = "1.2.840.10008.1.2";
pub(crate) const EXPLICITA_LE: &str = "1.2.840.10008.1.2.1";
const DEFLACTADA_LE: &str = "1.2.840.10008.1.2.1.99";
const EXPLICITA_BE: &str = "1.2.840.10008.1.2.2";

impl Sintaxis {
    /// None for what cannot be read or written: pixels elsewhere (JPIP, SMPTE), private and unknown syntaxes.
    pub fn de_uid(uid: &str) -> Option<Self> {
        let con = |forma, deflactada, encapsulada| Some(Self { uid: uid.to_owned(), forma, deflactada, encapsulada });
        match uid {
            IMPLICITA_LE => con(Forma::IMPLICITA, false, false),
            EXPLICITA_LE => con(Forma::EXPLICITA, false, false),
            DEFLACTADA_LE => con(Forma::EXPLICITA, true, false),
            EXPLICITA_BE => con(Forma::MAYOR, false, false),
            "1.2.840.10008.1.2.5" | "1.2.840.10008.1.2.1.98" | "1.2.840.10008.1.2.8.1" => {
                con(Forma::EXPLICITA, false, true)
            }
            _ => {
                let resto = uid.strip_prefix("1.2.840.10008.1.2.4.")?;
                let referenciada = ["94", "95", "204", "205"].contains(&resto);
                let numero = resto.bytes().all(|byte| byte.is_ascii_digit()) && !resto.is_empty();
                if numero && !referenciada { con(Forma::EXPLICITA, false, true) } else { None }
            }
        }
    }

    pub fn de_forma(forma: Forma) -> Self {
        let uid = match forma {
            Forma { mayor: true, .. } => EXPLICITA_BE,
            Forma { implicita: true, .. } => IMPLICITA_LE,
            _ => EXPLICITA_LE,
        };
        Self { uid: uid.to_owned(), forma, deflactada: false, encapsulada: false }
    }
}

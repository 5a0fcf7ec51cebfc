//! Character sets (PS3.3 C.12.1.1.2), read into Unicode.

use std::borrow::Cow;

use dicom_core::VR;
use encoding_rs::{
    EUC_JP, EUC_KR, Encoding, GB18030, GBK, ISO_8859_2, ISO_8859_3, ISO_8859_4, ISO_8859_5, ISO_8859_6, ISO_8859_7,
    ISO_8859_8, ISO_8859_15, SHIFT_JIS, UTF_8, WINDOWS_874, WINDOWS_1252, WINDOWS_1254,
};

const ESC: u8 = 0x1B;

/// The character sets that an item declares.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Codificacion {
    primera: &'static Encoding,
    /// What bytes without an escape may be, by writers who forget it.
    otra: &'static Encoding,
}

/// What an escape sequence switches to.
#[derive(Clone, Copy)]
enum Modo {
    Simple(&'static Encoding),
    /// Two seven-bit bytes for each character, by JIS X 0208.
    Jis0208,
    /// The same, by JIS X 0212.
    Jis0212,
}

impl Default for Codificacion {
    fn default() -> Self {
        Self { primera: UTF_8, otra: WINDOWS_1252 }
    }
}

impl Codificacion {
    /// Reads (0008,0005). An unknown term is read as UTF-8 or else as Latin-1, which loses no byte.
    pub fn de(declarada: &str) -> Self {
        let mut terminos = declarada.split('\\').map(str::trim);
        let primera = terminos.next().and_then(por_termino).unwrap_or(UTF_8);
        let otra = terminos.filter_map(por_termino).next().unwrap_or(WINDOWS_1252);
        Self { primera, otra }
    }

    /// The text of a value. Bytes that are not text of the declared set become what Latin-1 makes of them.
    pub fn leer<'b>(self, bytes: &'b [u8]) -> Cow<'b, str> {
        if bytes.is_ascii() && !bytes.contains(&ESC) {
            return String::from_utf8_lossy(bytes);
        }
        if bytes.contains(&ESC) {
            return Cow::Owned(con_escapes(bytes, self.primera));
        }
        if let Some(texto) = self.primera.decode_without_bom_handling_and_without_replacement(bytes) {
            return texto;
        }
        [UTF_8, self.otra]
            .iter()
            .find_map(|otra| otra.decode_without_bom_handling_and_without_replacement(bytes))
            .unwrap_or_else(|| WINDOWS_1252.decode_without_bom_handling(bytes).0)
    }
}

fn por_termino(termino: &str) -> Option<&'static Encoding> {
    let numero = termino
        .strip_prefix("ISO_IR")
        .or_else(|| termino.strip_prefix("ISO 2022 IR"))
        .or_else(|| termino.strip_prefix("ISO2022 IR"))
        .or_else(|| termino.strip_prefix("ISO-IR"));
    match numero.map_or(termino, |numero| numero.trim_matches([' ', '_', '-'])) {
        "100" | "6" => Some(WINDOWS_1252),
        "101" => Some(ISO_8859_2),
        "109" => Some(ISO_8859_3),
        "110" => Some(ISO_8859_4),
        "144" => Some(ISO_8859_5),
        "127" => Some(ISO_8859_6),
        "126" => Some(ISO_8859_7),
        "138" => Some(ISO_8859_8),
        "148" => Some(WINDOWS_1254),
        "203" => Some(ISO_8859_15),
        "166" => Some(WINDOWS_874),
        "13" => Some(SHIFT_JIS),
        "149" => Some(EUC_KR),
        "58" | "GBK" => Some(GBK),
        "GB18030" => Some(GB18030),
        "192" => Some(UTF_8),
        _ => None,
    }
}

fn con_escapes(bytes: &[u8], primera: &'static Encoding) -> String {
    let mut texto = String::with_capacity(bytes.len());
    let mut modo = Modo::Simple(primera);
    let mut trozos = bytes.split(|byte| *byte == ESC);
    if let Some(primero) = trozos.next() {
        agregar(&mut texto, modo, primero);
    }
    for trozo in trozos {
        let (siguiente, largo) = escape(trozo, primera);
        modo = siguiente;
        agregar(&mut texto, modo, trozo.get(largo..).unwrap_or_default());
    }
    texto
}

/// The set that an escape sequence names, and how many bytes after ESC name it.
fn escape(trozo: &[u8], primera: &'static Encoding) -> (Modo, usize) {
    match trozo {
        [b'$', b'B' | b'@', ..] => (Modo::Jis0208, 2),
        [b'$', b'(', b'D', ..] => (Modo::Jis0212, 3),
        [b'$', b')', b'C', ..] => (Modo::Simple(EUC_KR), 3),
        [b'$', b')', b'A', ..] => (Modo::Simple(GBK), 3),
        [b'(', b'B', ..] => (Modo::Simple(primera), 2),
        [b'(', b'J', ..] | [b')', b'I', ..] => (Modo::Simple(SHIFT_JIS), 2),
        [b'-', b'A', ..] => (Modo::Simple(WINDOWS_1252), 2),
        [b'-', b'B', ..] => (Modo::Simple(ISO_8859_2), 2),
        [b'-', b'C', ..] => (Modo::Simple(ISO_8859_3), 2),
        [b'-', b'D', ..] => (Modo::Simple(ISO_8859_4), 2),
        [b'-', b'L', ..] => (Modo::Simple(ISO_8859_5), 2),
        [b'-', b'G', ..] => (Modo::Simple(ISO_8859_6), 2),
        [b'-', b'F', ..] => (Modo::Simple(ISO_8859_7), 2),
        [b'-', b'H', ..] => (Modo::Simple(ISO_8859_8), 2),
        [b'-', b'M', ..] => (Modo::Simple(WINDOWS_1254), 2),
        [b'-', b'T', ..] => (Modo::Simple(WINDOWS_874), 2),
        [b'-', b'b', ..] => (Modo::Simple(ISO_8859_15), 2),
        _ => (Modo::Simple(primera), 0),
    }
}

fn agregar(texto: &mut String, modo: Modo, bytes: &[u8]) {
    let (codificacion, bytes) = match modo {
        Modo::Simple(codificacion) => (codificacion, Cow::Borrowed(bytes)),
        Modo::Jis0208 => (EUC_JP, bytes.iter().map(|byte| alto(*byte)).collect()),
        Modo::Jis0212 => {
            let pares = bytes.chunks(2).flat_map(|par| std::iter::once(0x8F).chain(par.iter().map(|byte| alto(*byte))));
            (EUC_JP, pares.collect())
        }
    };
    texto.push_str(&codificacion.decode_without_bom_handling(&bytes).0);
}

fn alto(byte: u8) -> u8 {
    if byte > 0x20 { byte | 0x80 } else { byte }
}

/// Whether the character set applies to a representation (PS3.5 6.1.2.3).
pub(crate) fn es_texto_con_codificacion(vr: VR) -> bool {
    matches!(vr, VR::LO | VR::LT | VR::PN | VR::SH | VR::ST | VR::UC | VR::UT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cada_codificacion_del_estandar_se_lee() {
        let casos: [(&str, &[u8], &str); 8] = [
            ("ISO_IR 100", b"Mu\xF1oz", "Muñoz"),
            ("ISO_IR 101", b"W\xB3adys\xB3aw", "Władysław"),
            ("ISO_IR 144", b"\xBB\xEE\xDA", "Люк"),
            ("ISO_IR 192", "Muñoz".as_bytes(), "Muñoz"),
            ("GB18030", b"\xCD\xF5^\xD0\xA1\xB6\xAB", "王^小东"),
            ("\\ISO 2022 IR 87", b"Yamada=\x1B$B;3ED\x1B(B", "Yamada=山田"),
            ("ISO 2022 IR 13\\ISO 2022 IR 87", b"\xD4\xCF\xC0\xDE=\x1B$B;3ED\x1B(J", "ﾔﾏﾀﾞ=山田"),
            ("\\ISO 2022 IR 149", b"Hong=\x1B$)C\xFB\xF3", "Hong=洪"),
        ];
        for (declarada, bytes, esperado) in casos {
            assert_eq!(Codificacion::de(declarada).leer(bytes), esperado, "{declarada}");
        }
    }

    #[test]
    fn lo_que_no_es_de_la_codificacion_declarada_no_se_pierde() {
        assert_eq!(Codificacion::de("ISO_IR 192").leer(b"Mu\xF1oz"), "Muñoz");
        assert_eq!(Codificacion::de("no existe").leer("Muñoz".as_bytes()), "Muñoz");
    }
}

use std::{borrow::Cow, ops::Range};

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// A text as it is compared: small letters without accents, of one width.
pub(super) struct Plegado<'t> {
    pub texto: Cow<'t, str>,
    /// For each byte of `texto`, where the character it comes from begins; none if they are the same.
    origen: Option<Vec<usize>>,
    largo: usize,
}

impl<'t> Plegado<'t> {
    pub fn de(original: &'t str) -> Self {
        let largo = original.len();
        if original.is_ascii() {
            let mayusculas = original.bytes().any(|byte| byte.is_ascii_uppercase());
            let texto = if mayusculas { Cow::Owned(original.to_ascii_lowercase()) } else { Cow::Borrowed(original) };
            return Self { texto, origen: None, largo };
        }
        let mut texto = String::with_capacity(largo + 8);
        let mut origen = Vec::with_capacity(largo + 8);
        for (lugar, letra) in original.char_indices() {
            for plegada in std::iter::once(letra).nfkd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase)
            {
                match sin_trazo(plegada) {
                    Some(letras) => texto.push_str(letras),
                    None => texto.push(plegada),
                }
            }
            origen.resize(texto.len(), lugar);
        }
        Self { texto: Cow::Owned(texto), origen: Some(origen), largo }
    }

    /// The range of the original text that a range of the folded one comes from.
    pub fn original(&self, rango: Range<usize>) -> Range<usize> {
        let Some(origen) = &self.origen else { return rango };
        let inicio = origen.get(rango.start).copied().unwrap_or(self.largo);
        let ultima = origen.get(rango.end.saturating_sub(1)).copied().unwrap_or(inicio);
        // What remains of the last character is gone with it.
        let fin = origen[rango.end.min(origen.len())..].iter().copied().find(|lugar| *lugar > ultima);
        inicio..fin.unwrap_or(self.largo)
    }
}

/// Letters that Unicode does not decompose and that people write without their stroke.
fn sin_trazo(letra: char) -> Option<&'static str> {
    Some(match letra {
        'ø' => "o",
        'ł' => "l",
        'đ' | 'ð' => "d",
        'ß' => "ss",
        'æ' => "ae",
        'œ' => "oe",
        'ı' => "i",
        'þ' => "th",
        _ => return None,
    })
}

/// The folded letters of a text.
pub(super) fn plegar(texto: &str) -> String {
    Plegado::de(texto).texto.into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn las_letras_se_comparan_sin_acentos_ni_mayusculas() {
        assert_eq!(plegar("MUÑOZ Łukasz Weiß ﾔﾏﾀﾞ"), "munoz lukasz weiss ヤマタ");
    }

    #[test]
    fn un_trozo_plegado_sabe_de_donde_viene() {
        let plegado = Plegado::de("a Muñoz b");
        let donde = plegado.texto.find("munoz").expect("there");
        assert_eq!(plegado.original(donde..donde + 5), 2..8);
    }
}

//! What a source file names, declares and says, read from its tokens.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use proc_macro2::{Delimiter, Group, LexError, Literal, Spacing, TokenStream, TokenTree};

const PALABRAS_ANTES_DE_RUTA: [&str; 14] =
    ["return", "as", "in", "dyn", "impl", "mut", "else", "match", "if", "while", "for", "break", "where", "const"];

/// The facts of one file. Modules under `#[cfg(test)]` add nothing but their functions.
#[derive(Default)]
pub struct Fuente {
    pub rutas: Vec<Ruta>,
    /// Names that `use`, `mod` and `macro_rules` bring into the file; `use a::a` does not vouch for `a`.
    pub enlazados: BTreeSet<String>,
    pub modulos: Vec<String>,
    /// Function name and the lines it spans.
    pub funciones: Vec<(String, RangeInclusive<usize>)>,
    /// String literals as written, documentation left out.
    pub textos: Vec<(usize, String)>,
}

/// A path such as `crate::dominio::Plan`, and the inline modules it was written in.
pub struct Ruta {
    pub tramos: Vec<String>,
    pub linea: usize,
    pub dentro_de: Vec<String>,
    /// Written with a leading `::`.
    pub absoluta: bool,
}

impl Fuente {
    pub fn leer(texto: &str) -> Result<Self, LexError> {
        let mut lector = Lector::default();
        lector.recorrer(texto.parse()?);
        Ok(lector.fuente)
    }
}

#[derive(Default)]
struct Lector {
    fuente: Fuente,
    dentro_de: Vec<String>,
    en_pruebas: bool,
}

impl Lector {
    fn recorrer(&mut self, tokens: TokenStream) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let mut indice = 0;
        while indice < tokens.len() {
            indice += self.leer_uno(&tokens, indice).max(1);
        }
    }

    /// Reads what starts at `indice`; answers how many tokens it took.
    fn leer_uno(&mut self, tokens: &[TokenTree], indice: usize) -> usize {
        match &tokens[indice] {
            TokenTree::Group(grupo) => self.leer_grupo(grupo),
            TokenTree::Literal(literal) => self.leer_literal(literal),
            TokenTree::Punct(_) if es_doble_punto(tokens, indice) => return self.leer_absoluta(tokens, indice),
            TokenTree::Punct(_) => {}
            TokenTree::Ident(palabra) if palabra == "use" && !es_punto(tokens.get(indice + 1), '<') => {
                return self.leer_use(tokens, indice);
            }
            TokenTree::Ident(palabra) if palabra == "mod" => return self.leer_mod(tokens, indice),
            TokenTree::Ident(palabra) => {
                match palabra.to_string().as_str() {
                    "fn" => self.leer_funcion(tokens, indice),
                    "macro_rules" => self.leer_macro(tokens, indice),
                    _ => {}
                }
                return self.leer_ruta(tokens, indice, false);
            }
        }
        1
    }

    fn leer_grupo(&mut self, grupo: &Group) {
        let primero = grupo.stream().into_iter().next();
        let es_documentacion = grupo.delimiter() == Delimiter::Bracket
            && matches!(primero, Some(TokenTree::Ident(palabra)) if palabra == "doc");
        if !es_documentacion {
            self.recorrer(grupo.stream());
        }
    }

    fn leer_literal(&mut self, literal: &Literal) {
        let texto = literal.to_string();
        if texto.contains('"') {
            self.fuente.textos.push((literal.span().start().line, texto));
        }
    }

    fn leer_funcion(&mut self, tokens: &[TokenTree], indice: usize) {
        let Some(TokenTree::Ident(nombre)) = tokens.get(indice + 1) else {
            return;
        };
        let firma_y_cuerpo = tokens[indice..].iter().take_while(|token| !es_punto(Some(token), ';'));
        let cuerpo = firma_y_cuerpo.filter_map(|token| match token {
            TokenTree::Group(grupo) if grupo.delimiter() == Delimiter::Brace => Some(grupo),
            _ => None,
        });
        if let Some(cuerpo) = cuerpo.take(1).next() {
            let lineas = tokens[indice].span().start().line..=cuerpo.span_close().end().line;
            self.fuente.funciones.push((nombre.to_string(), lineas));
        }
    }

    fn leer_macro(&mut self, tokens: &[TokenTree], indice: usize) {
        if let Some(TokenTree::Ident(nombre)) = tokens.get(indice + 2) {
            self.fuente.enlazados.insert(nombre.to_string());
        }
    }

    fn leer_mod(&mut self, tokens: &[TokenTree], indice: usize) -> usize {
        let Some(TokenTree::Ident(nombre)) = tokens.get(indice + 1) else {
            return 1;
        };
        self.fuente.modulos.push(nombre.to_string());
        self.fuente.enlazados.insert(nombre.to_string());
        let Some(TokenTree::Group(cuerpo)) = tokens.get(indice + 2) else {
            return 2;
        };
        let en_pruebas = self.en_pruebas;
        self.en_pruebas |= es_de_pruebas(&tokens[..indice]);
        self.dentro_de.push(nombre.to_string());
        self.recorrer(cuerpo.stream());
        self.dentro_de.pop();
        self.en_pruebas = en_pruebas;
        3
    }

    fn leer_absoluta(&mut self, tokens: &[TokenTree], indice: usize) -> usize {
        let sigue_a_una_ruta = sigue_a_una_ruta(&tokens[..indice]);
        match tokens.get(indice + 2) {
            Some(TokenTree::Ident(_)) if sigue_a_una_ruta => 3,
            Some(TokenTree::Ident(_)) => 2 + self.leer_ruta(tokens, indice + 2, true),
            _ => 2,
        }
    }

    /// Notes `a::b::c`; a word alone, with type arguments or without, names no module.
    fn leer_ruta(&mut self, tokens: &[TokenTree], indice: usize, absoluta: bool) -> usize {
        let mut tramos = Vec::new();
        let mut actual = indice;
        while let Some(TokenTree::Ident(palabra)) = tokens.get(actual) {
            tramos.push(palabra.to_string());
            if !es_doble_punto(tokens, actual + 1) {
                break;
            }
            actual += 3;
        }
        let largo = tramos.len();
        let linea = tokens[indice].span().start().line;
        if absoluta || largo > 1 {
            self.anotar(tramos, linea, absoluta);
        }
        largo * 3 - 2
    }

    fn leer_use(&mut self, tokens: &[TokenTree], indice: usize) -> usize {
        let largo = tokens[indice..].iter().take_while(|token| !es_punto(Some(token), ';')).count();
        let arbol = &tokens[indice + 1..indice + largo];
        let absoluta = es_doble_punto(arbol, 0);
        self.desplegar_use(&[], arbol, absoluta);
        largo
    }

    fn desplegar_use(&mut self, prefijo: &[String], arbol: &[TokenTree], absoluta: bool) {
        let mut tramos = prefijo.to_vec();
        let mut alias = None;
        let mut tras_as = false;
        for token in arbol {
            match token {
                TokenTree::Ident(palabra) if palabra == "as" => tras_as = true,
                TokenTree::Ident(palabra) if tras_as => alias = Some(palabra.to_string()),
                TokenTree::Ident(palabra) => tramos.push(palabra.to_string()),
                TokenTree::Group(grupo) => {
                    let ramas: Vec<TokenTree> = grupo.stream().into_iter().collect();
                    for rama in ramas.split(|token| es_punto(Some(token), ',')) {
                        if !rama.is_empty() {
                            self.desplegar_use(&tramos, rama, absoluta);
                        }
                    }
                    return;
                }
                TokenTree::Punct(punto) if punto.as_char() == '*' => tramos.push("*".to_owned()),
                TokenTree::Punct(_) | TokenTree::Literal(_) => {}
            }
        }
        let visible = alias.or_else(|| tramos.iter().rfind(|tramo| *tramo != "self").cloned());
        let linea = arbol.first().map_or(0, |token| token.span().start().line);
        let propio = visible.filter(|nombre| tramos.first() != Some(nombre) && !self.en_pruebas);
        self.fuente.enlazados.extend(propio);
        self.anotar(tramos, linea, absoluta);
    }

    fn anotar(&mut self, tramos: Vec<String>, linea: usize, absoluta: bool) {
        if !self.en_pruebas {
            let dentro_de = self.dentro_de.clone();
            self.fuente.rutas.push(Ruta { tramos, linea, dentro_de, absoluta });
        }
    }
}

/// Whether the attributes right before an item put it under `#[cfg(test)]`.
fn es_de_pruebas(previos: &[TokenTree]) -> bool {
    let atributos = previos.iter().rev().take_while(|token| match token {
        TokenTree::Group(grupo) => grupo.delimiter() != Delimiter::Brace,
        TokenTree::Ident(palabra) => palabra == "pub",
        otro => es_punto(Some(otro), '#'),
    });
    let es_cfg_test = |token: &TokenTree| match token {
        TokenTree::Group(grupo) => {
            let texto: String = grupo.stream().to_string().split_whitespace().collect();
            texto == "cfg(test)"
        }
        _ => false,
    };
    atributos.into_iter().any(es_cfg_test)
}

/// Whether the `::` that comes next continues something (`Vec<u8>::new`) instead of opening a path.
fn sigue_a_una_ruta(previos: &[TokenTree]) -> bool {
    let es_flecha = |previos: &[TokenTree]| {
        let antes = previos.len().checked_sub(2).and_then(|indice| previos.get(indice));
        es_punto(antes, '-') || es_punto(antes, '=')
    };
    match previos.last() {
        Some(TokenTree::Ident(palabra)) => !PALABRAS_ANTES_DE_RUTA.contains(&palabra.to_string().as_str()),
        Some(TokenTree::Group(grupo)) => grupo.delimiter() == Delimiter::None,
        otro => es_punto(otro, '>') && !es_flecha(previos),
    }
}

fn es_doble_punto(tokens: &[TokenTree], indice: usize) -> bool {
    let pegado = matches!(tokens.get(indice), Some(TokenTree::Punct(punto))
        if punto.as_char() == ':' && punto.spacing() == Spacing::Joint);
    pegado && es_punto(tokens.get(indice + 1), ':')
}

fn es_punto(token: Option<&TokenTree>, letra: char) -> bool {
    matches!(token, Some(TokenTree::Punct(punto)) if punto.as_char() == letra)
}

/// Types, traits, variants and generics start with a capital; crates and modules do not.
pub fn es_tipo(palabra: &str) -> bool {
    palabra.chars().next().is_some_and(char::is_uppercase)
}

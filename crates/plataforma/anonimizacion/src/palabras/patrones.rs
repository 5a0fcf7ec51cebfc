//! What identifies in a description by its form alone: addresses, dates, long numbers, names after a title.

use std::ops::Range;

use super::{plegado::Plegado, tramos};

/// Digits in a row, separators apart, from which a number is no measure any more.
const NUMERO_LARGO: usize = 7;

const TITULOS: [&str; 14] =
    ["dr", "dra", "mr", "mrs", "ms", "sr", "sra", "srta", "prof", "doctor", "doctora", "herr", "frau", "monsieur"];

/// The ranges of the original text to remove.
pub(super) fn buscar(texto: &str) -> Vec<Range<usize>> {
    let plegado = Plegado::de(texto);
    let mut marcas = Vec::new();
    correos(&plegado.texto, &mut marcas);
    let tramos = tramos::de(&plegado.texto);
    tramos::fechas(&plegado.texto, &tramos, false, &mut |_, rango| marcas.push(rango));
    numeros(&plegado.texto, &tramos, &mut marcas);
    titulos(&plegado, texto, &tramos, &mut marcas);
    marcas.into_iter().map(|marca| plegado.original(marca)).collect()
}

/// Words with an `@` inside, and addresses of the web.
fn correos(texto: &str, marcas: &mut Vec<Range<usize>>) {
    let mut desde = 0;
    for trozo in texto.split_inclusive(char::is_whitespace) {
        let palabra = trozo.trim_end();
        let arroba = palabra.find('@').is_some_and(|lugar| lugar > 0 && lugar + 1 < palabra.len());
        if arroba || palabra.contains("://") || palabra.starts_with("www.") {
            marcas.push(desde..desde + palabra.len());
        }
        desde += trozo.len();
    }
}

fn numeros(texto: &str, tramos: &[tramos::Tramo], marcas: &mut Vec<Range<usize>>) {
    let mut lugar = 0;
    while let Some(primero) = tramos.get(lugar) {
        lugar += 1;
        if !primero.digitos {
            continue;
        }
        let (mut digitos, mut fin) = (primero.rango.len(), primero.rango.end);
        let entero = primero.rango.start.checked_sub(1).and_then(|antes| texto.as_bytes().get(antes)) != Some(&b'.');
        while let Some(siguiente) = tramos.get(lugar).filter(|siguiente| siguiente.digitos) {
            let entre = &texto[fin..siguiente.rango.start];
            if !["-", " ", "/"].contains(&entre) || siguiente.rango.len() < 2 {
                break;
            }
            digitos += siguiente.rango.len();
            fin = siguiente.rango.end;
            lugar += 1;
        }
        if digitos >= NUMERO_LARGO && entero {
            marcas.push(primero.rango.start..fin);
        }
    }
}

/// The words after a title, as long as they begin with a capital letter.
fn titulos(plegado: &Plegado<'_>, texto: &str, tramos: &[tramos::Tramo], marcas: &mut Vec<Range<usize>>) {
    for (lugar, tramo) in tramos.iter().enumerate() {
        if !TITULOS.contains(&&plegado.texto[tramo.rango.clone()]) {
            continue;
        }
        let mut fin = tramo.rango.end;
        for nombre in tramos.iter().skip(lugar + 1).take(3) {
            let original = plegado.original(nombre.rango.clone());
            let mayuscula =
                texto.get(original).and_then(|nombre| nombre.chars().next()).is_some_and(char::is_uppercase);
            if nombre.digitos || !mayuscula || nombre.rango.start - fin > 2 {
                break;
            }
            marcas.push(nombre.rango.clone());
            fin = nombre.rango.end;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn halladas(texto: &str) -> Vec<&str> {
        buscar(texto).into_iter().map(|rango| &texto[rango]).collect()
    }

    #[test]
    fn lo_que_identifica_por_su_forma_se_halla() {
        assert_eq!(halladas("escribir a ana@example.org ya"), ["ana@example.org"]);
        assert_eq!(halladas("tel 601 555-0199 ext"), ["601 555-0199"]);
        assert_eq!(halladas("control del 2024-02-01"), ["2024-02-01", "2024-02-01"]);
        assert_eq!(halladas("visto por Dr. Pedro Paramo hoy"), ["Pedro", "Paramo"]);
    }

    #[test]
    fn las_medidas_y_los_terminos_no() {
        for texto in ["CT CHEST 5.0 B31f 120 kVp", "0.97656250 mm", "T2 FLAIR 3D 1x1x1", "drenaje derecho", "F/U 3 m"] {
            assert!(halladas(texto).is_empty(), "{texto}");
        }
    }
}

//! Runs of letters and of digits, and the dates and UIDs that they spell.

use std::ops::Range;

use chrono::NaiveDate;

/// A run of letters or of digits of a folded text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Tramo {
    pub rango: Range<usize>,
    pub digitos: bool,
}

pub(crate) fn de(texto: &str) -> Vec<Tramo> {
    let mut tramos: Vec<Tramo> = Vec::new();
    for (lugar, letra) in texto.char_indices().filter(|(_, letra)| letra.is_alphanumeric()) {
        let fin = lugar + letra.len_utf8();
        let digitos = letra.is_ascii_digit();
        match tramos.last_mut().filter(|ultimo| ultimo.rango.end == lugar && ultimo.digitos == digitos) {
            Some(ultimo) => ultimo.rango.end = fin,
            None => tramos.push(Tramo { rango: lugar..fin, digitos }),
        }
    }
    tramos
}

/// Whether a range neither begins nor ends inside a word or number. Letters without case stand beside each other
/// without spaces.
pub(crate) fn aislado(texto: &str, rango: &Range<usize>) -> bool {
    let clase = |letra: char| match letra {
        _ if letra.is_ascii_digit() => 1,
        _ if letra.is_lowercase() => 2,
        _ => 0,
    };
    let corta = |dentro: Option<char>, fuera: Option<char>| match (dentro.map_or(0, clase), fuera.map_or(0, clase)) {
        (0, _) | (_, 0) => true,
        (dentro, fuera) => dentro != fuera,
    };
    let palabra = texto.get(rango.clone()).unwrap_or_default();
    let antes = texto.get(..rango.start).and_then(|antes| antes.chars().next_back());
    let despues = texto.get(rango.end..).and_then(|despues| despues.chars().next());
    corta(palabra.chars().next(), antes) && corta(palabra.chars().next_back(), despues)
}

/// Every date that a text may spell, with every reading of day and month. `cortas` allows two-digit years.
pub(crate) fn fechas(texto: &str, tramos: &[Tramo], cortas: bool, ver: &mut dyn FnMut(NaiveDate, Range<usize>)) {
    for (lugar, tramo) in tramos.iter().enumerate() {
        if tramo.digitos {
            seguidas(texto, tramo, cortas, ver);
        }
        separadas(texto, &tramos[lugar..], cortas, ver);
    }
}

/// `20240201`, `01022024`, `240201` and longer runs that begin with a date, as timestamps do.
fn seguidas(texto: &str, tramo: &Tramo, cortas: bool, ver: &mut dyn FnMut(NaiveDate, Range<usize>)) {
    let digitos = &texto[tramo.rango.clone()];
    let numero =
        |desde: usize, hasta: usize| digitos.get(desde..hasta).and_then(|n| n.parse::<u32>().ok()).unwrap_or(0);
    match digitos.len() {
        8 | 12 | 14..=20 => {
            let rango = || tramo.rango.start..tramo.rango.start + digitos.len();
            anunciar([numero(0, 4), numero(4, 6), numero(6, 8)], &rango(), ver);
            if digitos.len() == 8 {
                anunciar([numero(4, 8), numero(2, 4), numero(0, 2)], &rango(), ver);
                anunciar([numero(4, 8), numero(0, 2), numero(2, 4)], &rango(), ver);
            }
        }
        6 if cortas => {
            let partes = [numero(0, 2), numero(2, 4), numero(4, 6)];
            for [anio, mes, dia] in lecturas(partes) {
                con_siglo(anio, mes, dia, &tramo.rango, ver);
            }
        }
        _ => {}
    }
}

/// Three parts with something short between them: `2024-02-01`, `1/2/24`, `1 de febrero de 2024`, `Feb 1st, 2024`.
fn separadas(texto: &str, tramos: &[Tramo], cortas: bool, ver: &mut dyn FnMut(NaiveDate, Range<usize>)) {
    let Some(primero) = tramos.first() else { return };
    let mut partes: [(u32, bool, usize); 3] = [(0, false, 0); 3];
    let (mut cuantas, mut anterior) = (0, primero.rango.start);
    for tramo in tramos.iter().take(7) {
        if tramo.rango.start - anterior > 3 {
            return;
        }
        let palabra = &texto[tramo.rango.clone()];
        anterior = tramo.rango.end;
        let parte = if tramo.digitos && palabra.len() <= 4 {
            (palabra.parse().unwrap_or(0), false, palabra.len())
        } else if let Some(mes) = mes_de(palabra) {
            (mes, true, 0)
        } else if cuantas > 0 && ["de", "del", "of", "st", "nd", "rd", "th", "o"].contains(&palabra) {
            continue;
        } else {
            return;
        };
        partes[cuantas] = parte;
        cuantas += 1;
        if cuantas == 3 {
            return tres_partes(partes, cortas, &(primero.rango.start..anterior), ver);
        }
    }
}

fn tres_partes(
    partes: [(u32, bool, usize); 3],
    cortas: bool,
    rango: &Range<usize>,
    ver: &mut dyn FnMut(NaiveDate, Range<usize>),
) {
    let [(a, a_mes, a_largo), (b, b_mes, _), (c, c_mes, c_largo)] = partes;
    let dar = |anio: u32, largo: usize, mes: u32, dia: u32, ver: &mut dyn FnMut(NaiveDate, Range<usize>)| match largo {
        4 => anunciar([anio, mes, dia], rango, ver),
        2 if cortas => con_siglo(anio, mes, dia, rango, ver),
        _ => {}
    };
    match (a_mes, b_mes, c_mes) {
        (false, true, false) => {
            dar(c, c_largo, b, a, ver);
            dar(a, a_largo, b, c, ver);
        }
        (true, false, false) => dar(c, c_largo, a, b, ver),
        (false, false, false) => {
            dar(a, a_largo, b, c, ver);
            dar(c, c_largo, b, a, ver);
            dar(c, c_largo, a, b, ver);
        }
        _ => {}
    }
}

fn lecturas([a, b, c]: [u32; 3]) -> [[u32; 3]; 3] {
    [[a, b, c], [c, b, a], [c, a, b]]
}

fn con_siglo(anio: u32, mes: u32, dia: u32, rango: &Range<usize>, ver: &mut dyn FnMut(NaiveDate, Range<usize>)) {
    for siglo in [1900, 2000] {
        anunciar([siglo + anio, mes, dia], rango, ver);
    }
}

fn anunciar([anio, mes, dia]: [u32; 3], rango: &Range<usize>, ver: &mut dyn FnMut(NaiveDate, Range<usize>)) {
    let fecha = i32::try_from(anio).ok().and_then(|anio| NaiveDate::from_ymd_opt(anio, mes, dia));
    if let Some(fecha) = fecha.filter(|_| (1850..=2150).contains(&anio)) {
        ver(fecha, rango.clone());
    }
}

/// Names of months, folded, in the languages of Europe and the Americas; three letters are enough where people
/// write no more.
fn mes_de(palabra: &str) -> Option<u32> {
    const MESES: [&[&str]; 12] = [
        &["jan", "ene", "gen", "january", "enero", "januar", "janvier", "janeiro", "gennaio", "januari"],
        &["feb", "fev", "february", "febrero", "februar", "fevrier", "fevereiro", "febbraio", "februari"],
        &["mar", "march", "marzo", "marz", "mars", "marco", "maart", "mrz"],
        &["apr", "abr", "avr", "april", "abril", "avril", "aprile"],
        &["may", "mai", "mag", "mayo", "maio", "maggio", "mei"],
        &["jun", "giu", "june", "junio", "juni", "juin", "junho", "giugno"],
        &["jul", "lug", "july", "julio", "juli", "juillet", "julho", "luglio"],
        &["aug", "ago", "aou", "august", "agosto", "aout", "augustus"],
        &["sep", "set", "sept", "september", "septiembre", "setiembre", "septembre", "setembro", "settembre"],
        &["oct", "okt", "out", "ott", "october", "octubre", "oktober", "octobre", "outubro", "ottobre"],
        &["nov", "november", "noviembre", "novembre", "novembro"],
        &["dec", "dic", "dez", "december", "diciembre", "dezember", "decembre", "dezembro", "dicembre"],
    ];
    if palabra.len() < 3 || palabra.len() > 10 {
        return None;
    }
    let lugar = MESES.iter().position(|nombres| nombres.contains(&palabra))?;
    u32::try_from(lugar + 1).ok()
}

/// Every run that may be a UID.
pub(crate) fn uid(texto: &str, ver: &mut dyn FnMut(&str, Range<usize>)) {
    let mut desde = 0;
    for trozo in texto.split_inclusive(|letra: char| !letra.is_ascii_digit() && letra != '.') {
        let solo = trozo.trim_end_matches(|letra: char| !letra.is_ascii_digit());
        let inicio = solo.len() - solo.trim_start_matches('.').len();
        let solo = &solo[inicio..];
        if solo.len() >= 8 && solo.contains('.') {
            ver(solo, desde + inicio..desde + inicio + solo.len());
        }
        desde += trozo.len();
    }
}

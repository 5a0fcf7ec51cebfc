//! Dates moved by whole days: intervals within a patient stay, the calendar does not.

use chrono::{Datelike, Days, NaiveDate};

/// Moves a DA or DT value, each of its dates and of its ranges. None where a part is no date.
pub(crate) fn mover(valor: &str, dias: i64) -> Option<String> {
    let partes: Option<Vec<String>> = valor.split('\\').map(|parte| mover_una(parte.trim(), dias)).collect();
    Some(partes?.join("\\"))
}

fn mover_una(valor: &str, dias: i64) -> Option<String> {
    if valor.is_empty() {
        return Some(String::new());
    }
    if let Some((desde, hasta)) = valor.split_once('-').filter(|(_, hasta)| hasta.is_empty() || hasta.len() >= 8) {
        return Some(format!("{}-{}", mover_una(desde, dias)?, mover_una(hasta, dias)?));
    }
    let fecha = leer(valor)?;
    let movida = sumar(fecha, dias)?;
    let (largo, con_puntos) =
        if valor.as_bytes().get(4) == Some(&b'.') { (10, true) } else { (8.min(valor.len()), false) };
    let texto = format!("{:04}{:02}{:02}", movida.year(), movida.month(), movida.day());
    let resto = valor.get(largo..)?;
    // A date known to the year or the month only moves to what its first day moves to.
    let nuevo = if con_puntos { &texto[..] } else { texto.get(..largo)? };
    Some(format!("{nuevo}{resto}"))
}

fn sumar(fecha: NaiveDate, dias: i64) -> Option<NaiveDate> {
    let cuantos = Days::new(dias.unsigned_abs());
    let movida = if dias < 0 { fecha.checked_sub_days(cuantos) } else { fecha.checked_add_days(cuantos) };
    movida.filter(|movida| (1..=9999).contains(&movida.year()))
}

/// The date that a DA or DT value begins with, also in the form of old writers (`2024.02.01`).
pub(crate) fn leer(valor: &str) -> Option<NaiveDate> {
    let digitos: String = match valor.as_bytes() {
        [_, _, _, _, b'.', _, _, b'.', _, _, ..] => valor.get(..10)?.split('.').collect(),
        _ => valor.chars().take_while(char::is_ascii_digit).take(8).collect(),
    };
    let numero = |desde: usize, hasta: usize| digitos.get(desde..hasta).and_then(|texto| texto.parse::<u32>().ok());
    let anio = i32::try_from(numero(0, 4)?).ok()?;
    NaiveDate::from_ymd_opt(anio, numero(4, 6).unwrap_or(1), numero(6, 8).unwrap_or(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn una_fecha_se_mueve_y_su_hora_se_queda() {
        assert_eq!(mover("20240301", -1).as_deref(), Some("20240229"));
        assert_eq!(mover("20240301101530.000000-0500", -1).as_deref(), Some("20240229101530.000000-0500"));
        assert_eq!(mover("2024.03.01", -1).as_deref(), Some("20240229"));
        assert_eq!(mover("20240301\\20240302", -1).as_deref(), Some("20240229\\20240301"));
        assert_eq!(mover("20240301-20240302", -1).as_deref(), Some("20240229-20240301"));
        assert_eq!(mover("2024", -1).as_deref(), Some("2023"));
    }

    #[test]
    fn lo_que_no_es_fecha_no_se_mueve() {
        for mala in ["20241301", "ayer", "2024-02-01T10", "00010101"] {
            assert_eq!(mover(mala, -400), None, "{mala}");
        }
    }

    proptest::proptest! {
        #[test]
        fn los_intervalos_se_conservan(a in 700_000_i32..740_000, b in 700_000_i32..740_000, dias in -3650_i64..0) {
            let dia = |n: i32| NaiveDate::from_num_days_from_ce_opt(n).expect("a day");
            let movido = |n: i32| leer(&mover(&dia(n).format("%Y%m%d").to_string(), dias).expect("moved")).expect("a date");
            proptest::prop_assert_eq!(movido(a) - movido(b), dia(a) - dia(b));
        }
    }
}

use std::fmt;

use uuid::Uuid;

/// A position in a distributed trace (W3C Trace Context, `traceparent`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Traza {
    traza: u128,
    tramo: u64,
    marcas: u8,
}

impl Traza {
    /// Begins a trace, sampled.
    #[expect(clippy::disallowed_methods, reason = "a trace id names this process's own work, it is never domain data")]
    pub fn nueva() -> Self {
        Self { traza: Uuid::now_v7().as_u128(), tramo: tramo_nuevo(), marcas: 1 }
    }

    /// Reads a `traceparent`; `None` when it is not valid (section 3.2 of the recommendation).
    pub fn leer(cabecera: &str) -> Option<Self> {
        let mut partes = cabecera.trim().split('-');
        let version = hexadecimal(partes.next()?, 2)?;
        let traza = hexadecimal(partes.next()?, 32)?;
        let tramo = u64::try_from(hexadecimal(partes.next()?, 16)?).ok()?;
        let marcas = u8::try_from(hexadecimal(partes.next()?, 2)?).ok()?;
        // Later versions may append fields; version 00 may not, and ff is forbidden.
        let sobra = partes.next().is_some();
        let valida = version != 0xff && !(version == 0 && sobra) && traza != 0 && tramo != 0;
        valida.then_some(Self { traza, tramo, marcas: marcas & 1 })
    }

    /// The same trace, one step further.
    pub fn hija(self) -> Self {
        Self { tramo: tramo_nuevo(), ..self }
    }
}

impl fmt::Display for Traza {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "00-{:032x}-{:016x}-{:02x}", self.traza, self.tramo, self.marcas)
    }
}

/// Continues the trace of `cabecera` with a new span id, or begins one when it is absent or not valid.
pub fn traza_entrante(cabecera: Option<&str>) -> String {
    cabecera.and_then(Traza::leer).map_or_else(Traza::nueva, Traza::hija).to_string()
}

#[expect(clippy::disallowed_methods, reason = "a span id names this process's own work, it is never domain data")]
fn tramo_nuevo() -> u64 {
    // The low half of a v7 uuid is its random part, and its variant bits keep it from being zero.
    Uuid::now_v7().as_u64_pair().1
}

fn hexadecimal(texto: &str, largo: usize) -> Option<u128> {
    let minusculas = |b: u8| matches!(b, b'0'..=b'9' | b'a'..=b'f');
    if texto.len() != largo || !texto.bytes().all(minusculas) {
        return None;
    }
    u128::from_str_radix(texto, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::{Traza, traza_entrante};

    const VALIDA: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn una_traza_valida_sigue_con_otro_tramo() {
        let seguida = traza_entrante(Some(VALIDA));

        assert_eq!(seguida[..36], VALIDA[..36]);
        assert_ne!(seguida[36..52], VALIDA[36..52]);
        assert_eq!(seguida[52..], VALIDA[52..]);
    }

    #[test]
    fn una_version_posterior_se_acepta_con_campos_de_mas() {
        let futura = VALIDA.replacen("00", "cc", 1) + "-algo";
        assert!(Traza::leer(&futura).is_some());
    }

    #[test]
    fn una_traza_invalida_empieza_otra() {
        for mala in [
            "",
            "basura",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-mas",
            "00-+bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        ] {
            assert_eq!(Traza::leer(mala), None, "{mala}");
            let nueva = traza_entrante(Some(mala));
            assert!(Traza::leer(&nueva).is_some(), "{nueva}");
        }
        assert_ne!(traza_entrante(None), traza_entrante(None));
    }
}

use chrono::{DateTime, TimeDelta, Utc};

use super::IdNotificacion;

const INICIAL_MS: i64 = 2_000;
const MAXIMA_MS: i64 = 300_000;

/// When to try again after the failed attempt number `intento` (from 1): doubling from 2 s, at most 5 min.
///
/// Up to a fifth less by an amount that the id decides, so that the mails of one outage do not return together.
pub fn siguiente_intento(id: IdNotificacion, intento: u32, ahora: DateTime<Utc>) -> DateTime<Utc> {
    let doblado = INICIAL_MS.saturating_mul(1_i64 << intento.saturating_sub(1).min(20));
    let espera = doblado.min(MAXIMA_MS);
    let descuento = espera / 5 * i64::from(id.uuid().as_bytes()[0]) / 255;
    ahora + TimeDelta::milliseconds(espera - descuento)
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn espera_ms(id: u128, intento: u32) -> i64 {
        let ahora = DateTime::UNIX_EPOCH;
        (siguiente_intento(Uuid::from_u128(id).into(), intento, ahora) - ahora).num_milliseconds()
    }

    #[test]
    fn la_espera_se_dobla_hasta_cinco_minutos() {
        assert_eq!(espera_ms(0, 1), 2_000);
        assert_eq!(espera_ms(0, 2), 4_000);
        assert_eq!(espera_ms(0, 5), 32_000);
        assert_eq!(espera_ms(0, 9), 300_000);
        assert_eq!(espera_ms(0, u32::MAX), 300_000);
    }

    #[test]
    fn cada_notificacion_vuelve_en_su_momento() {
        assert_eq!(espera_ms(u128::MAX, 9), 240_000);
        assert_ne!(espera_ms(1 << 120, 9), espera_ms(90 << 120, 9));
    }
}

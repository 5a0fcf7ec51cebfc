use std::time::Duration;

use anyhow::Result;
use hdrhistogram::Histogram;
use serde::Serialize;

/// Durations, with three significant digits.
pub struct Latencias(Histogram<u64>);

/// A distribution in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Percentiles {
    pub p50: f64,
    pub p90: f64,
    pub p99: f64,
    pub max: f64,
}

impl Latencias {
    pub fn nuevas() -> Result<Self> {
        Ok(Self(Histogram::new(3)?))
    }

    pub fn anotar(&mut self, duracion: Duration) -> Result<()> {
        Ok(self.0.record(u64::try_from(duracion.as_micros())?)?)
    }

    /// Adds what another run recorded.
    pub fn sumar(&mut self, otras: &Self) -> Result<()> {
        Ok(self.0.add(&otras.0)?)
    }

    /// None when nothing was recorded.
    pub fn percentiles(&self) -> Option<Percentiles> {
        let ms = |cuantil: f64| self.0.value_at_quantile(cuantil) as f64 / 1000.0;
        (!self.0.is_empty()).then(|| Percentiles { p50: ms(0.50), p90: ms(0.90), p99: ms(0.99), max: ms(1.0) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn los_percentiles_son_los_de_la_distribucion() {
        let mut latencias = Latencias::nuevas().expect("a histogram");
        for ms in 1..=1000 {
            latencias.anotar(Duration::from_millis(ms)).expect("recorded");
        }
        let Percentiles { p50, p90, p99, max } = latencias.percentiles().expect("not empty");
        for (medido, exacto) in [(p50, 500.0), (p90, 900.0), (p99, 990.0), (max, 1000.0)] {
            assert!((medido - exacto).abs() <= exacto * 0.001, "{medido} en vez de {exacto}");
        }
    }

    #[test]
    fn la_cola_no_se_pierde_entre_muchas_rapidas() {
        let mut latencias = Latencias::nuevas().expect("a histogram");
        for _ in 0..999 {
            latencias.anotar(Duration::from_millis(2)).expect("recorded");
        }
        latencias.anotar(Duration::from_secs(30)).expect("recorded");
        let percentiles = latencias.percentiles().expect("not empty");
        assert!(percentiles.p99 < 2.01 && percentiles.max >= 30_000.0, "{percentiles:?}");
    }

    #[test]
    fn las_de_dos_tandas_son_una_distribucion() {
        let [mut una, mut otra] = [0, 1].map(|_| Latencias::nuevas().expect("a histogram"));
        una.anotar(Duration::from_millis(1)).expect("recorded");
        otra.anotar(Duration::from_millis(9)).expect("recorded");
        una.sumar(&otra).expect("the same scale");
        let Percentiles { p50, max, .. } = una.percentiles().expect("not empty");
        assert!(p50 < 1.1 && max > 8.9, "{p50} {max}");
    }

    #[test]
    fn sin_datos_no_hay_percentiles() {
        assert_eq!(Latencias::nuevas().expect("a histogram").percentiles(), None);
    }
}

use std::time::Duration;

use crate::{Admin, ErrorAdmin};

/// Each look lasts this long; a broker at rest deletes next to nothing in its metadata meanwhile.
const VENTANA: Duration = Duration::from_millis(500);
const VENTANAS: u32 = 3;
/// Deletions in one look that only the loop makes, look after look: it makes some hundred a second.
const BORRADOS: f64 = 10.0;

impl Admin {
    /// Whether the broker deletes and creates its own registration over and over.
    ///
    /// A broker whose predecessor was killed finds its registration there, replaces it and may take the news of that
    /// for a loss of the new one, without end ([17759](https://github.com/apache/pulsar/issues/17759)). It still
    /// answers, but one core is gone and its log grows by megabytes a second. The cure is to end it in order, which
    /// removes the registration, and to start it again.
    pub async fn registro_en_bucle(&self) -> Result<bool, ErrorAdmin> {
        let mut antes = borrados(&self.metricas().await?)?;
        for _ in 0..VENTANAS {
            tokio::time::sleep(VENTANA).await;
            let ahora = borrados(&self.metricas().await?)?;
            if ahora - antes < BORRADOS {
                return Ok(false);
            }
            antes = ahora;
        }
        Ok(true)
    }
}

/// Operations of the metadata store, by type and outcome.
const METRICA: &str = "pulsar_metadata_store_ops_latency_ms_count";

/// Successful deletions in the metadata store since the broker started. One that has deleted nothing has no line of
/// it; one that counts nothing at all is not the broker that this was written for.
fn borrados(metricas: &str) -> Result<f64, ErrorAdmin> {
    let mut lineas = metricas.lines().filter(|linea| linea.starts_with(METRICA)).peekable();
    if lineas.peek().is_none() {
        return Err(ErrorAdmin::SinMetrica(METRICA));
    }
    let borrado = |linea: &&str| linea.contains("type=\"del\"") && linea.contains("status=\"success\"");
    let Some(linea) = lineas.find(borrado) else { return Ok(0.0) };
    let cuenta = linea.rsplit_once(' ').and_then(|(_, cuenta)| cuenta.parse().ok());
    cuenta.ok_or(ErrorAdmin::SinMetrica(METRICA))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn se_cuentan_los_borrados_que_tuvieron_efecto() {
        let metricas = "\
pulsar_metadata_store_ops_latency_ms_count{cluster=\"c\",name=\"m\",type=\"get\",status=\"success\"} 9.0
pulsar_metadata_store_ops_latency_ms_count{cluster=\"c\",name=\"m\",type=\"del\",status=\"fail\"} 4.0
pulsar_metadata_store_ops_latency_ms_count{cluster=\"c\",name=\"m\",type=\"del\",status=\"success\"} 607436.0
";
        let cuenta = |metricas: &str| borrados(metricas).expect("cuenta");
        assert!((cuenta(metricas) - 607_436.0).abs() < f64::EPSILON);
        let sin_borrados = metricas.lines().next().expect("línea");
        assert!(cuenta(sin_borrados).abs() < f64::EPSILON);
    }

    #[test]
    fn sin_la_metrica_no_se_sabe_y_se_dice() {
        assert!(matches!(borrados("otra 1.0"), Err(ErrorAdmin::SinMetrica(METRICA))));
        let ilegible = format!("{METRICA}{{type=\"del\",status=\"success\"}} muchos");
        assert!(matches!(borrados(&ilegible), Err(ErrorAdmin::SinMetrica(METRICA))));
    }
}

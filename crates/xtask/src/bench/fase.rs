//! What one run of requests came to.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::Result;
use chrono::{DateTime, Utc};
use serde::Serialize;

use super::carga::{Cadencia, Envio};
use super::consumo::{CARGA, Lectura};
use super::mensajes::Publicados;
use super::percentiles::{Latencias, Percentiles};
use super::seguimiento::Final;

#[derive(Serialize)]
pub struct Fase {
    pub cadencia: Cadencia,
    pub pedidas: u32,
    pub completadas: u32,
    /// How many requests came to something else, by what.
    pub otras: BTreeMap<String, u32>,
    /// From the first 202 to the last end.
    pub segundos: f64,
    pub sagas_por_segundo: f64,
    /// From the planned moment of a request to its 202.
    pub aceptacion_ms: Option<Percentiles>,
    /// From the planned moment of a request to the end of its saga.
    pub saga_ms: Option<Percentiles>,
    /// Each of them, to be joined with those of other runs.
    #[serde(skip)]
    pub sagas: Latencias,
    pub gasto: Gasto,
    pub mensajes: Mensajes,
}

/// Milliseconds of CPU per completed saga.
#[derive(Serialize)]
pub struct Gasto {
    pub procesos: BTreeMap<String, Cpu>,
    pub servicios_y_postgres: Cpu,
    pub pulsar: Cpu,
    /// The one that makes the load; not part of the system.
    pub carga: Cpu,
    /// Cores that the rest of the machine kept busy: with more than a tenth of one, measure again.
    pub nucleos_de_otros: f64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Cpu {
    pub ms_por_saga: f64,
    /// Cores kept busy, on average.
    pub nucleos: f64,
}

#[derive(Serialize)]
pub struct Mensajes {
    pub por_saga: f64,
    pub bytes_por_saga: f64,
    pub por_tema: Publicados,
}

impl Fase {
    pub fn nueva(
        (cadencia, pedidas): (Cadencia, u32),
        envios: &[Envio],
        finales: &BTreeMap<String, Final>,
        lecturas: [&Lectura; 2],
        publicados: Publicados,
    ) -> Result<Self> {
        let recuento = Recuento::de(pedidas, envios, finales)?;
        let segundos = recuento.ventana().as_secs_f64();
        let por_saga = 1.0 / f64::from(recuento.completadas.max(1));
        Ok(Self {
            cadencia,
            pedidas,
            completadas: recuento.completadas,
            segundos,
            sagas_por_segundo: if segundos > 0.0 { f64::from(recuento.completadas) / segundos } else { 0.0 },
            aceptacion_ms: recuento.aceptacion.percentiles(),
            saga_ms: recuento.saga.percentiles(),
            gasto: Gasto::entre(lecturas, por_saga),
            mensajes: Mensajes {
                por_saga: por_saga * publicados.values().map(|publicado| publicado.mensajes as f64).sum::<f64>(),
                bytes_por_saga: por_saga * publicados.values().map(|publicado| publicado.bytes as f64).sum::<f64>(),
                por_tema: publicados,
            },
            otras: recuento.otras,
            sagas: recuento.saga,
        })
    }

    pub fn completa(&self) -> bool {
        self.completadas == self.pedidas
    }
}

impl Gasto {
    fn entre([antes, despues]: [&Lectura; 2], por_saga: f64) -> Self {
        let tiempo = despues.tiempo_desde(antes).as_secs_f64();
        let cpu = |segundos: f64| Cpu { ms_por_saga: segundos * 1000.0 * por_saga, nucleos: segundos / tiempo };
        let mut gastado = despues.desde(antes);
        let carga = gastado.remove(CARGA).unwrap_or_default();
        let pulsar = gastado.get("pulsar").copied().unwrap_or_default();
        Self {
            servicios_y_postgres: cpu(gastado.values().sum::<f64>() - pulsar),
            pulsar: cpu(pulsar),
            carga: cpu(carga),
            nucleos_de_otros: despues.de_otros_desde(antes) / tiempo,
            procesos: gastado.into_iter().map(|(nombre, segundos)| (nombre, cpu(segundos))).collect(),
        }
    }

    pub fn total(&self) -> Cpu {
        Cpu {
            ms_por_saga: self.servicios_y_postgres.ms_por_saga + self.pulsar.ms_por_saga,
            nucleos: self.servicios_y_postgres.nucleos + self.pulsar.nucleos,
        }
    }
}

struct Recuento {
    completadas: u32,
    otras: BTreeMap<String, u32>,
    aceptacion: Latencias,
    saga: Latencias,
    primera: Option<DateTime<Utc>>,
    ultima: Option<DateTime<Utc>>,
}

impl Recuento {
    fn de(pedidas: u32, envios: &[Envio], finales: &BTreeMap<String, Final>) -> Result<Self> {
        let mut recuento = Self {
            completadas: 0,
            otras: BTreeMap::new(),
            aceptacion: Latencias::nuevas()?,
            saga: Latencias::nuevas()?,
            primera: None,
            ultima: None,
        };
        for envio in envios {
            recuento.contar(envio, finales.get(&envio.cliente))?;
        }
        let sin_enviar = pedidas - u32::try_from(envios.len())?;
        if sin_enviar > 0 {
            recuento.otras.insert("no enviadas: las que estaban en curso no terminaban".to_owned(), sin_enviar);
        }
        Ok(recuento)
    }

    fn contar(&mut self, envio: &Envio, fin: Option<&Final>) -> Result<()> {
        if let Some(motivo) = &envio.rechazo {
            self.otra(format!("petición no aceptada: {motivo}"));
            return Ok(());
        }
        self.aceptacion.anotar(envio.respuesta)?;
        let aceptada = envio.previsto + envio.respuesta;
        self.primera = Some(self.primera.map_or(aceptada, |primera| primera.min(aceptada)));
        match fin {
            Some(fin) if fin.fase == "completada" => {
                // Both instants are cut to milliseconds.
                self.saga.anotar((fin.instante - envio.previsto).to_std().unwrap_or_default())?;
                self.ultima = self.ultima.max(Some(fin.instante));
                self.completadas += 1;
            }
            Some(fin) => self.otra(format!("saga {}", fin.fase)),
            None => self.otra("aceptada y sin saga".to_owned()),
        }
        Ok(())
    }

    fn otra(&mut self, que: String) {
        *self.otras.entry(que).or_default() += 1;
    }

    fn ventana(&self) -> Duration {
        let ventana = self.primera.zip(self.ultima).and_then(|(primera, ultima)| (ultima - primera).to_std().ok());
        ventana.unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hora(ms: i64) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(1_700_000_000_000 + ms).expect("an instant")
    }

    fn envio(cliente: &str, previsto: i64, rechazo: Option<&str>) -> Envio {
        Envio {
            cliente: cliente.to_owned(),
            previsto: hora(previsto),
            respuesta: Duration::from_millis(10),
            rechazo: rechazo.map(str::to_owned),
        }
    }

    fn fin(cliente: &str, fase: &str, ms: i64) -> (String, Final) {
        (cliente.to_owned(), Final { fase: fase.to_owned(), instante: hora(ms) })
    }

    #[test]
    fn la_latencia_cuenta_desde_lo_previsto_y_la_ventana_desde_la_primera_aceptada() {
        let envios = [envio("a", 0, None), envio("b", 500, None)];
        let finales = BTreeMap::from([fin("a", "completada", 2010), fin("b", "completada", 1500)]);
        let recuento = Recuento::de(2, &envios, &finales).expect("counted");
        assert_eq!((recuento.completadas, recuento.ventana()), (2, Duration::from_secs(2)));
        let saga = recuento.saga.percentiles().expect("not empty");
        assert!((saga.p50 - 1000.0).abs() < 1.0 && (saga.max - 2010.0).abs() < 2.0, "{saga:?}");
    }

    #[test]
    fn lo_que_no_se_completa_se_cuenta_por_lo_que_fue() {
        let envios = [envio("a", 0, None), envio("b", 0, None), envio("c", 0, Some("503"))];
        let finales = BTreeMap::from([fin("a", "compensada", 100)]);
        let recuento = Recuento::de(5, &envios, &finales).expect("counted");
        let otras: Vec<(&str, u32)> = recuento.otras.iter().map(|(que, n)| (que.as_str(), *n)).collect();
        assert_eq!(recuento.completadas, 0);
        assert_eq!(recuento.ventana(), Duration::ZERO);
        assert_eq!(otras.iter().map(|(_, n)| n).sum::<u32>(), 5);
        assert!(otras.contains(&("saga compensada", 1)) && otras.contains(&("aceptada y sin saga", 1)), "{otras:?}");
    }
}

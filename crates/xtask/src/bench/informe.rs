use std::collections::BTreeMap;

use super::carga::Fase;
use super::consumo::Consumo;
use crate::consola::linea;

type Consumos = BTreeMap<String, Consumo>;

/// Prints a phase: throughput, latency, and what each process spent on it.
pub fn mostrar(fase: &Fase, antes: &Consumos, despues: &Consumos) {
    let segundos = fase.duracion.as_secs_f64();
    let ms = |cuantil: f64| fase.latencias.value_at_quantile(cuantil) as f64 / 1000.0;
    linea(format!(
        "{} sagas en {segundos:.1} s: {:.0} sagas/s, p50 {:.0} ms, p99 {:.0} ms, máx. {:.0} ms",
        fase.sagas,
        f64::from(fase.sagas) / segundos,
        ms(0.50),
        ms(0.99),
        ms(1.0),
    ));
    let mut total = 0.0;
    for (nombre, despues) in despues {
        let cpu = despues.cpu - antes.get(nombre).map_or(0.0, |antes| antes.cpu);
        total += cpu;
        let por_saga = cpu * 1000.0 / f64::from(fase.sagas);
        linea(format!("  {nombre:<16} {por_saga:>7.2} ms de CPU por saga   {:>5.0} MiB", despues.memoria));
    }
    linea(format!("  {:<16} {:>7.2} ms de CPU por saga", "en total", total * 1000.0 / f64::from(fase.sagas)));
}

/// Prints how many messages one saga publishes.
pub fn mensajes(por_tema: &BTreeMap<&'static str, i64>) {
    let total: i64 = por_tema.values().sum();
    linea(format!("{total} mensajes de Pulsar en una saga PRO, {} tópicos", por_tema.len()));
}

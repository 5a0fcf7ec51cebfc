use std::{io, panic, thread, time::Duration};

use ajustes::{Formato, Telemetria};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};
use tracing::{Level, Metadata, Subscriber};
use tracing_subscriber::{
    EnvFilter, Layer, Registry,
    filter::{ParseError, filter_fn},
    layer::SubscriberExt,
    registry::LookupSpan,
    util::{SubscriberInitExt, TryInitError},
};

const MANTENIMIENTO: Duration = Duration::from_secs(5);
const TRAMOS_SEGUNDOS: &[f64] =
    &[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0];

/// Why logs and metrics could not start.
#[derive(Debug, thiserror::Error)]
pub enum ErrorTelemetria {
    #[error("telemetria.filtro is not a list of directives")]
    Filtro(#[source] ParseError),
    #[error("another log subscriber is already set")]
    Registro(#[source] TryInitError),
    #[error("the metrics recorder could not be set")]
    Metricas(#[source] BuildError),
    #[error("the metrics upkeep thread could not start")]
    Hilo(#[source] io::Error),
}

/// Starts logs and metrics of this process; the answer renders `/metrics`.
pub fn iniciar(servicio: &'static str, a: &Telemetria) -> Result<PrometheusHandle, ErrorTelemetria> {
    let filtrado = filtrado(&a.filtro)?;
    // Standard output is for the results of processes that carry out an order.
    let lineas = tracing_subscriber::fmt::layer().with_writer(io::stderr);
    let lineas = match a.formato {
        Formato::Texto => lineas.with_ansi(false).boxed(),
        Formato::Json => lineas.json().flatten_event(true).with_current_span(false).boxed(),
    };
    filtrado.with(lineas).try_init().map_err(ErrorTelemetria::Registro)?;
    registrar_panicos(servicio);
    let metricas = iniciar_metricas(servicio)?;
    tracing::info!(servicio, version = env!("CARGO_PKG_VERSION"), "process starting");
    Ok(metricas)
}

/// What is logged: the directives of the settings, and never what could show a message.
///
/// The filters stand before every layer: as a filter of one layer, a mere question whether a level is enabled (sqlx
/// asks after each query) makes that layer lose the thread's next event.
fn filtrado(directivas: &str) -> Result<impl Subscriber + for<'a> LookupSpan<'a> + Send + Sync, ErrorTelemetria> {
    let pedidas = EnvFilter::try_new(directivas).map_err(ErrorTelemetria::Filtro)?;
    Ok(Registry::default().with(pedidas).with(filter_fn(sin_contenidos)))
}

/// The Pulsar client logs whole payloads below `ERROR`, so no setting may turn that on.
fn sin_contenidos(suceso: &Metadata<'_>) -> bool {
    let del_cliente = suceso.target() == "pulsar" || suceso.target().starts_with("pulsar::");
    !del_cliente || *suceso.level() == Level::ERROR
}

fn iniciar_metricas(servicio: &'static str) -> Result<PrometheusHandle, ErrorTelemetria> {
    let metricas = PrometheusBuilder::new()
        .add_global_label("servicio", servicio)
        .set_buckets_for_metric(Matcher::Suffix("_segundos".to_owned()), TRAMOS_SEGUNDOS)
        .and_then(PrometheusBuilder::install_recorder)
        .map_err(ErrorTelemetria::Metricas)?;
    let propia = metricas.clone();
    // Without upkeep, samples pile up in memory while nobody asks for /metrics.
    thread::Builder::new()
        .name("metricas".to_owned())
        .spawn(move || {
            loop {
                thread::sleep(MANTENIMIENTO);
                propia.run_upkeep();
            }
        })
        .map_err(ErrorTelemetria::Hilo)?;
    Ok(metricas)
}

fn registrar_panicos(servicio: &'static str) {
    panic::set_hook(Box::new(move |panico| {
        let lugar = panico.location().map(ToString::to_string);
        tracing::error!(servicio, lugar, "panic");
    }));
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Salida(Arc<Mutex<Vec<u8>>>);

    impl Write for Salida {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().expect("output").extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// What is written while `actuar` runs under these directives.
    fn escrito(directivas: &str, actuar: impl FnOnce()) -> String {
        let salida = Salida::default();
        let destino = salida.clone();
        let lineas = tracing_subscriber::fmt::layer().with_writer(move || destino.clone());
        tracing::subscriber::with_default(filtrado(directivas).expect("directives").with(lineas), actuar);
        String::from_utf8(salida.0.lock().expect("output").clone()).expect("utf-8")
    }

    #[test]
    fn el_cliente_de_pulsar_no_muestra_mensajes_aunque_el_filtro_lo_pida() {
        let texto = escrito("trace,pulsar=trace,pulsar::connection=trace", || {
            tracing::debug!(target: "pulsar::connection", "canario-contenido");
            tracing::error!(target: "pulsar::connection", "canario-error");
            tracing::debug!(target: "pulsar_propio", "canario-propio");
        });
        assert!(!texto.contains("canario-contenido"), "{texto}");
        assert!(texto.contains("canario-error") && texto.contains("canario-propio"), "{texto}");
    }

    #[test]
    fn preguntar_por_un_nivel_no_pierde_el_aviso_siguiente() {
        let texto = escrito("info", || {
            for _ in 0..3 {
                assert!(!tracing::enabled!(target: "sqlx::query", Level::DEBUG));
                tracing::warn!("canario-aviso");
            }
        });
        assert_eq!(texto.matches("canario-aviso").count(), 3, "{texto}");
    }
}

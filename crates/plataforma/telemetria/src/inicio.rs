use std::{io, panic, thread, time::Duration};

use ajustes::{Formato, Telemetria};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::{
    EnvFilter, Layer, filter::ParseError, layer::SubscriberExt, util::SubscriberInitExt, util::TryInitError,
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
    let filtro = EnvFilter::try_new(&a.filtro).map_err(ErrorTelemetria::Filtro)?;
    let lineas = tracing_subscriber::fmt::layer();
    let lineas = match a.formato {
        Formato::Texto => lineas.with_ansi(false).boxed(),
        Formato::Json => lineas.json().flatten_event(true).with_current_span(false).boxed(),
    };
    tracing_subscriber::registry().with(lineas.with_filter(filtro)).try_init().map_err(ErrorTelemetria::Registro)?;
    registrar_panicos(servicio);
    let metricas = iniciar_metricas(servicio)?;
    tracing::info!(servicio, version = env!("CARGO_PKG_VERSION"), "process starting");
    Ok(metricas)
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

#![doc = include_str!("../README.md")]

mod inicio;
mod traza;

pub use inicio::{ErrorTelemetria, iniciar};
pub use metrics_exporter_prometheus::PrometheusHandle;
pub use traza::{Traza, traza_entrante};

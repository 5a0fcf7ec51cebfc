#![doc = include_str!("../README.md")]

mod carga;
mod error;
mod exposicion;
mod secciones;

pub use carga::cargar;
pub use error::{ClaveInvalida, ErrorAjustes};
pub use exposicion::exigir_loopback;
pub use secciones::{Claves, Formato, Http, Postgres, Telemetria};

//! The continuous audit: what the ledgers of three services must say of each subscription once its sagas have ended.

mod esperado;
mod hechos;
pub mod puertos;
mod reglas;
mod revisar;

pub use hechos::{Aviso, Cobro, Columnas, Expediente, Flujo, Papel, Plazas, Registro, ServicioVisto};
pub use reglas::{Discrepancia, Regla, juzgar};
pub use revisar::{Ronda, VigilarConsistencia};

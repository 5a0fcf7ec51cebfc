//! Rebuilding the saga tables from what was published of them.
//!
//! The log is read whole, folded, and compared saga by saga; for real, what is missing or differs is written again.
//! A saga that was rebuilt and lives goes on with [`saga::restaurar`], because the end of its log may be lost.

mod informe;
mod pliegue;
pub mod puertos;
mod reprocesar;
mod restaurar;

pub use informe::{Comparacion, ComparacionRegistro, Hecho, Hueco, Informe, Intervalo, Lista};
pub use reprocesar::{Peticion, Reprocesar};

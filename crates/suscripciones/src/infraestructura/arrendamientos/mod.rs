//! What only one instance at a time may do: firing the deadlines of a partition of sagas and publishing its log.
//!
//! A lease is a row; its epoch is the fence, checked inside every write that relies on it. The heartbeat is a row
//! of its own, so that it neither waits for those writes nor makes them wait.

mod arrendador;
mod cerca;
mod cursores;
mod lugares;
mod publicacion;
mod registro;
mod reparto;
mod vista;

use std::time::Duration;

pub use arrendador::{Arrendamientos, mantener};
pub(super) use cerca::cercar;
pub(super) use lugares::{Columnas, Lugares};
pub use publicacion::{PublicacionSagas, publicar_en_ausencia, publicar_sagas};
pub use vista::{FilaOrquestador, Orquestadores, ParticionArrendada};

/// How long an instance that gives no sign keeps what it holds, by the clock of the database.
const VIGENCIA: Duration = Duration::from_secs(6);
/// How often an instance gives a sign.
const LATIDO: Duration = Duration::from_secs(2);
/// How long before its end a lease counts as ended for its owner: what it has begun still fits.
const MARGEN: Duration = Duration::from_millis(1500);

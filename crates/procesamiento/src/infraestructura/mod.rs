//! Postgres, messages and health: everything outside the process.

mod consumidor;
mod filas;
mod mensajes;
mod pg_consultas;
mod pg_imagenes;

pub use consumidor::ConsumidorAnonimizar;
pub use pg_consultas::PgConsultas;
pub use pg_imagenes::PgImagenes;

/// Name of the service in messages, and of its subscriptions.
pub const SERVICIO: &str = "procesamiento";

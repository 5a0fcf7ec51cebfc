//! Postgres, objects, processes and messages: everything outside the process.

mod ajustes;
mod almacen;
mod barrendero;
mod consumidor;
mod filas;
mod limpieza;
mod mensajes;
mod pg_archivos;
mod pg_consultas;
mod pg_imagenes;
mod pg_paquetes;
mod sentencias;
mod trozos;
mod zip;

pub use ajustes::{Ajustes, AjustesAlmacen, AjustesImagenes, AjustesLimpieza, AjustesPropios};
pub use almacen::{Almacen, ErrorApertura};
pub use barrendero::Barrendero;
pub use consumidor::ConsumidorAnonimizar;
pub use limpieza::{ErrorLimpiador, LimitesHijo, LimpiadorEnHijo, ORDEN, limpiar_como_hijo};
pub use pg_archivos::PgObjetos;
pub use pg_consultas::PgConsultas;
pub use pg_imagenes::PgImagenes;
pub use trozos::{Flujo, roto};
pub use zip::{Entrada, ErrorZip, LimitesZip, Zip};

/// Name of the service in messages, and of its subscriptions.
pub const SERVICIO: &str = "procesamiento";

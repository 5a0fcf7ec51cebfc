//! What the service does: `atender_ordenes` carries out commands, `puertos` says what that needs from outside.
//!
//! Queries and the administration of the catalogue have nothing to decide: they go straight to their port.

mod atender_ordenes;
mod orden;
mod puertos;
mod ronda;

pub use atender_ordenes::AtenderOrdenes;
pub use orden::{IdOrden, Orden, Paso, Respuesta, Resumen, Sobre};
pub use puertos::{
    Asiento, Atendida, Cambio, ConCupos, Consultas, ErrorRepositorio, Ficha, FichaExperto, FichaNube, Filtro, Guardado,
    Operacion, Panorama, RepositorioCatalogo, RepositorioServicios, Semilla, Versionado,
};

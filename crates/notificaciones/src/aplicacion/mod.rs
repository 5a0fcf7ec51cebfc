//! What the service does: create notifications, deliver them, answer about them.

pub mod consultas;
mod crear_notificaciones;
mod enviar_pendientes;
mod escritura;
pub mod puertos;

pub use crear_notificaciones::CrearNotificaciones;
pub use enviar_pendientes::{EnviarPendientes, Intento, Salida};

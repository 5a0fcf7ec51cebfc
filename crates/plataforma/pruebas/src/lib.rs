#![doc = include_str!("../README.md")]

mod espera;
mod procesos;
mod sistema;
mod smtp;

pub use espera::esperar;
pub use procesos::{OtraInstancia, Proceso};
pub use sistema::{Respuesta, Sistema, cliente_nuevo, cuerpo_suscripcion, variable};
pub use smtp::{CorreoRecibido, SumideroSmtp};

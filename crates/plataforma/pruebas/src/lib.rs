#![doc = include_str!("../README.md")]

mod dicom;
mod espera;
mod procesos;
mod sistema;
mod smtp;

pub use dicom::{Identidad, imagen_dicom};
pub use espera::esperar;
pub use procesos::{OtraInstancia, Proceso};
pub use sistema::{Respuesta, Sistema, cliente_nuevo, cuerpo_suscripcion, variable};
pub use smtp::{CorreoRecibido, SumideroSmtp};

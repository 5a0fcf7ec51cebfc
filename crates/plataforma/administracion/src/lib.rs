#![doc = include_str!("../README.md")]

mod admin;
mod error;
mod registro;

pub use admin::{Admin, Compatibilidad, Publicado, Retencion};
pub use error::ErrorAdmin;

#![doc = include_str!("../README.md")]

mod admin;
mod error;

pub use admin::{Admin, Compatibilidad, Publicado, Retencion};
pub use error::ErrorAdmin;

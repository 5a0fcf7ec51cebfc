#![doc = include_str!("../README.md")]

mod seudonimo;

pub use seudonimo::{ErrorSeudonimo, Seudonimizador, Seudonimo};

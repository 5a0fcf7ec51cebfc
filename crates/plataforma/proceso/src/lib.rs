#![doc = include_str!("../README.md")]

mod base;
mod comprobaciones;

pub use base::{Base, Cimientos, ErrorProceso};

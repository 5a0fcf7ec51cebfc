#![doc = include_str!("../README.md")]

mod cifrador;
mod error;
mod sobre;

pub use cifrador::{Cifrador, ClaveEnvuelta};
pub use error::ErrorCifrado;
pub use zeroize::Zeroizing;

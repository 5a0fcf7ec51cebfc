//! A real Apache Pulsar, run from its jars.

mod arranque;
mod jars;

pub use arranque::{arrancar, serenar};

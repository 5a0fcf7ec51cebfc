//! A real Apache Pulsar, run from its jars.

pub mod admin;
mod arranque;
mod jars;

pub use arranque::arrancar;

//! The whole system: five real binaries, a real Pulsar, a real Postgres, as `cargo xtask test` starts them.

mod entrada_invalida;
mod flujo;
mod idempotencia;
mod libros;

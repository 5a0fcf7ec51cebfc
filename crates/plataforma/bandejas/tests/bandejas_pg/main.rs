//! The crate against a real Postgres, one database per test.

mod apoyo;
mod cartas;
mod despacho;
mod efectos;
mod operador;
mod reintentos;

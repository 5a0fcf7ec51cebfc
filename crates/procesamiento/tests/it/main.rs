//! The service over a real Postgres: its router, and its consumer as the broker would call it.

mod ajustes;
mod anonimizar;
mod banco;
mod consultar;
mod operaciones;
mod recibir;

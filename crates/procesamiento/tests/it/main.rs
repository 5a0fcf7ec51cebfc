//! The service over a real Postgres: its router, and its consumer as the broker would call it.

mod ajustes;
mod anonimizar;
mod archivos;
mod banco;
mod consultar;
mod limpiar;
mod operaciones;
mod paquetes;
mod recibir;

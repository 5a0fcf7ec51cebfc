//! The service on a real Postgres, without a broker.

mod apoyo;
mod banco;
mod carreras;
mod catalogo;
mod cliente;
mod contrato;
mod memoria;
mod mensajes;
mod rutas;
mod uso;

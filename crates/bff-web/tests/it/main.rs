//! The door's router against an in-memory broker and small services.

mod apoyo;
mod comandos;
mod consultas;
mod entrada_invalida;
mod eventos;
mod idempotencia;
mod imagenes;
mod mensajeria_caida;
mod operaciones;
mod pasarela;
mod planes;

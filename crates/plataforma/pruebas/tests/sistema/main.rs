//! The whole system: five real binaries, a real Pulsar, a real Postgres, as `cargo xtask test` starts them.

mod auditoria;
mod broker;
mod cambios;
mod carga;
mod cartas;
mod entrada_invalida;
mod flujo;
mod idempotencia;
mod interoperabilidad;
mod lectura;
mod libros;
mod mudanzas;
mod muertes;
mod operador;
mod orquestadores;
mod reproceso;
mod relevo;
mod sse;
mod temas;

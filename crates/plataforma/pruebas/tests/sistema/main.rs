//! The whole system: five real binaries, a real Pulsar, a real Postgres, as `cargo xtask test` starts them.

mod auditoria;
mod broker;
mod cambios;
mod carga;
mod cartas;
mod diagramas;
mod entrada_invalida;
mod flujo;
mod idempotencia;
mod imagenes;
mod interoperabilidad;
mod lectura;
mod libros;
mod mudanzas;
mod muertes;
mod operador;
mod orquestadores;
mod relevo;
mod reproceso;
mod sse;
mod temas;

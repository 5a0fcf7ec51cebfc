//! The whole system in one thread and virtual time: the real use cases of three services, over databases, a
//! broker and a mail server in memory, with every fault drawn from a seed.
//!
//! A run has a storm, in which processes die between any two steps, messages are lost, repeated and reordered,
//! stores do what they say they did not, clocks jump; and a calm, in which everything must come to its end. Then
//! the ledgers of all participants must tell the same story.

mod avisos;
mod clientela;
mod corrida;
mod datos;
mod defecto;
mod escenario;
mod flujos;
mod laboratorio;
mod mundo;
mod nucleo;
mod operador;
mod oraculo;
mod suscripciones;
mod tuberia;

pub use corrida::{Informe, contar, correr};
pub use defecto::Defecto;

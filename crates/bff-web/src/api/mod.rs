//! The public door: routes, bodies, and errors as problems.

mod aceptada;
mod comandos;
mod cuerpos;
mod dicomweb;
mod imagenes;
mod operaciones;
mod pasarela;
mod peticion;
mod problemas;
mod puerta;
mod suscripciones;

pub use puerta::{Casos, Puerta, router};

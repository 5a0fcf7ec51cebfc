//! The whole system in one thread, over many seeds.

mod defectos;
mod rango;
mod semillas;

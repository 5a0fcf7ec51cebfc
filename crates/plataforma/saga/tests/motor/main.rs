//! The engine, driven from outside as its adapter drives it.

mod carga;
mod diagramas;
mod dorados;
mod fallos;
mod flujos;
mod inciertos;
mod mandos;
mod migraciones;
mod modelo;
mod prefijos;
mod propiedades;
mod recorrido;
mod reglas;
mod respuestas;
mod restauracion;

#![doc = include_str!("../README.md")]

mod anonimizador;
mod claves;
mod conjunto;
mod documentos;
mod escritura;
mod fechas;
mod ficticios;
mod informe;
mod lectura;
mod palabras;
mod perfil;
pub mod pixeles;
pub mod planas;
mod privados;
mod rechazo;
mod recorrido;
mod seudonimo;
mod tabla;
mod verificador;

pub use anonimizador::{Anonimizado, Anonimizador};
pub use claves::{Claves, ErrorClaves};
pub use informe::{Cuentas, Informe};
pub use perfil::{Opcion, Perfil};
pub use pixeles::{Caja, InformePixeles, PoliticaPixeles, RechazoPixeles};
pub use rechazo::{CodigoRechazo, Rechazo};
pub use seudonimo::{ErrorSeudonimo, Seudonimizador, Seudonimo};

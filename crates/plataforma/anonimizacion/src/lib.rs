#![doc = include_str!("../README.md")]

mod anonimizador;
mod claves;
mod informe;
mod perfil;
pub mod pixeles;
pub mod planas;
mod rechazo;
mod seudonimo;

pub use anonimizador::{Anonimizado, Anonimizador};
pub use claves::{Claves, ErrorClaves};
pub use informe::{Cuentas, Informe};
pub use perfil::{Opcion, Perfil};
pub use pixeles::{Caja, InformePixeles, PoliticaPixeles, RechazoPixeles};
pub use rechazo::{CodigoRechazo, Rechazo};
pub use seudonimo::{ErrorSeudonimo, Seudonimizador, Seudonimo};

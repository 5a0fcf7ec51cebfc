#![doc = include_str!("../README.md")]

mod campos;
mod capas;
mod cuerpo;
mod escucha;
mod identificadores;
mod lista;
mod operador;
mod paginas;
mod problema;
mod registro;
mod rutas;
mod salud;

pub use campos::Campos;
pub use capas::{Limites, aplicar_capas};
pub use cuerpo::Cuerpo;
pub use escucha::{ErrorServidor, senal_de_cierre, servir, servir_en};
pub use identificadores::{IdPeticion, Traza};
pub use lista::leer_lista;
pub use operador::Operador;
pub use paginas::{Cursor, Pagina, Paginacion};
pub use problema::{CampoInvalido, Problema};
pub use rutas::IdRuta;
pub use salud::{Comprobacion, EnMarcha, rutas_de_salud};

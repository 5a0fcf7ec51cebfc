//! What an image is to this service, and what may happen to it.

mod ficha;
mod identidad;
mod imagen;
mod valores;

pub use ficha::{Borrador, Ficha, Incumplimiento};
pub use identidad::{Actor, Huella, IdImagen, IdOperacion, Inquilino};
pub use imagen::{Comando, ErrorImagen, Evento, ImagenAnonimizada, Perfil, Recepcion, Resultado, Retirados};
pub use valores::{
    Antecedentes, ErrorValor, FechaIngesta, FormatoImagen, FuenteDeDatos, Modalidad, Paciente, Patologia,
    RegionAnatomica,
};

//! What an image is to this service, and what may happen to it.

mod archivo;
mod ficha;
mod identidad;
mod imagen;
mod meta_dicom;
mod paquete;
mod resultado;
mod valores;

pub use archivo::{Archivo, Atributos, ClaveObjeto, FormatoArchivo, Original};
pub use ficha::{Borrador, Ficha, Incumplimiento};
pub use identidad::{Actor, Huella, IdImagen, IdOperacion, Inquilino};
pub use imagen::{Comando, ErrorImagen, Evento, ImagenAnonimizada, Recepcion};
pub use meta_dicom::{Instancia, instancia};
pub use paquete::{EstadoEnPaquete, ImagenDePaquete, Paquete};
pub use resultado::{Causa, Hallado, Limpieza, Perfil, Resultado, Retirados};
pub use valores::{
    Antecedentes, ErrorValor, FechaIngesta, FormatoImagen, FuenteDeDatos, Modalidad, Paciente, Patologia,
    RegionAnatomica, SIN_INFORMAR,
};

//! The use cases, one file each, and the ports that they need.

mod anonimizar_imagenes;
mod consultar_imagenes;
mod puertos;
mod recibir_imagen;

pub use anonimizar_imagenes::{AnonimizarImagenes, OrdenAnonimizar};
pub use consultar_imagenes::ConsultarImagenes;
pub use puertos::{
    Acceso, Cambio, ConsultaImagenes, ErrorRepositorio, Guardado, Origen, Registrada, RepositorioImagenes, Tramo,
    Versionada, Vista,
};
pub use recibir_imagen::{ErrorRecepcion, OrdenRecibir, RecibirImagen, Recibo};

//! The use cases, one file each, and the ports that they need.

mod anonimizar_imagenes;
mod barrer_objetos;
mod consultar_imagenes;
mod limpiar_imagen;
mod objetos;
mod puertos;
mod recibir_imagen;
mod recibir_paquete;

pub use anonimizar_imagenes::{AnonimizarImagenes, OrdenAnonimizar};
pub use barrer_objetos::{BarrerObjetos, ErrorBarrido};
pub use consultar_imagenes::{ConsultarImagenes, ErrorArchivo};
pub use limpiar_imagen::{ErrorLimpieza, LimpiarImagen, OrdenLimpiar};
pub use objetos::{
    AlmacenObjetos, Dictamen, Encargo, ErrorTrozos, Guardada, Limpiador, Limpio, RegistroObjetos, Trozos, Zona,
};
pub use puertos::{
    Acceso, Cambio, ConsultaImagenes, ErrorRepositorio, Guardado, Origen, Registrada, RepositorioImagenes, Tramo,
    Versionada, Vista,
};
pub use recibir_imagen::{ErrorRecepcion, OrdenRecibir, RecibirImagen, Recibo};
pub use recibir_paquete::{Depositado, ErrorDeposito, LimitesPaquete, OrdenPaquete, RecibirPaquete, ReciboPaquete};

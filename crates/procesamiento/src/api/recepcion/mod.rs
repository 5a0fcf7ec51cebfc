//! Images that come in: their fields alone, their files, or both.

mod contenido;
mod dicomweb;
mod ficha;
mod formulario;
mod recogida;

pub(super) use contenido::procesar;
pub(super) use dicomweb::{almacenar, almacenar_en_estudio};

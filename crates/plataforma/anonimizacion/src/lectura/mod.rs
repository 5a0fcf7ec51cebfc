//! Reading: typed, tolerant of what real files get wrong, bounded in memory and depth.

mod archivo;
mod datos;
mod sintaxis;
mod texto;

pub(crate) use archivo::{Archivo, leer};
pub(crate) use datos::{ErrorLectura, vr_de};
pub(crate) use sintaxis::{Forma, Sintaxis};
pub(crate) use texto::{Codificacion, es_texto_con_codificacion};

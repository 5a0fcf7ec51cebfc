//! Pixels as a caller sees them: pictures drawn here, cleaned, written, read again and compared sample by sample.

mod dibujo;
mod hostiles;
mod imagenes;
mod planas;
mod redaccion;
mod texto;

//! JPEG-LS (ITU-T T.87): lossless and near-lossless decoding, lossless encoding.

mod bits;
mod cabecera;
mod codificador;
mod contextos;
mod decodificador;

pub(crate) use cabecera::leer;
pub(crate) use codificador::codificar;
pub(crate) use decodificador::decodificar;

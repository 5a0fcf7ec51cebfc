//! Pixels: decoding, text burned into them, redaction, and the proof of it.

mod anidados;
mod bits_ocultos;
mod busqueda;
mod codecs;
mod datos;
mod detector;
mod escritura;
mod forma;
mod informe;
mod limpieza;
mod muestras;
mod paleta;
mod planos;
mod politica;
mod reglas;
mod relleno;
mod verificacion;

pub use informe::{InformePixeles, Origen, RechazoPixeles, Region};
pub use limpieza::limpiar;
pub use politica::{Caja, PoliticaPixeles};
pub use verificacion::verificar;

/// What the plain images need from here.
pub(crate) mod interno {
    pub(crate) use super::{
        codecs::segmentos,
        detector::{Plano, Rigor, detectar},
        politica::Recuadro,
    };
}

//! The tables of PS3.15 Annex E and what they demand under a profile.

mod acciones;
mod filas;

pub(crate) use acciones::{Accion, Acciones};
pub(crate) use filas::identifica;

#![doc = include_str!("../README.md")]

mod cliente;
mod consumo;
mod error;
mod espera;
pub mod fallos;
mod mensajeria;
mod publicacion;

pub use consumo::{
    Carta, Cuarentena, Desenlace, Entrante, ErrorManejo, Grupo, Lectura, Lote, Manejador, Motivo, Posicion, tipados,
};
pub use error::{BoxError, ErrorMensajeria, ErrorPublicacion};
pub use mensajeria::{AjustesPulsar, Consumo, Mensajeria};
pub use publicacion::{Publicador, Publicar};

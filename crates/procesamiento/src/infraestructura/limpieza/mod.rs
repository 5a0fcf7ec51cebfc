//! Cleaning files in processes of their own: the service never reads what somebody else wrote.

mod atributos;
mod hijo;
mod padre;
mod protocolo;
mod turnos;

pub use hijo::limpiar_como_hijo;
pub use padre::{ErrorLimpiador, LimitesHijo, LimpiadorEnHijo};
pub use protocolo::ORDEN;

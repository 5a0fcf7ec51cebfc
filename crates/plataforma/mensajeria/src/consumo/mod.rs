mod atencion;
mod contrato;
mod entrante;
mod entregas;
mod esquemas;
mod lectura;
mod lote;
mod resolucion;
mod sospecha;
mod suscripcion;

pub(crate) use atencion::atender;
pub use contrato::{Carta, Cuarentena, Desenlace, ErrorManejo, Grupo, Manejador, Motivo};
pub(crate) use entrante::Llegado;
pub use entrante::{Entrante, Posicion};
pub use lectura::Lectura;
pub use lote::{Lote, tipados};
pub(crate) use suscripcion::{Estado, Suscripcion};

//! What the door does: accept a command, tell how an operation goes, compose what several services know.

mod aceptar_comando;
mod buscar_repetida;
mod consultar_operacion;
mod detallar_suscripcion;
mod puertos;
mod verificar_plan;

pub use aceptar_comando::{Aceptacion, AceptarComando, ErrorAceptar};
pub use buscar_repetida::{BuscarRepetida, Previa};
pub use consultar_operacion::{ConsultarOperacion, Seguimiento};
pub use detallar_suscripcion::DetallarSuscripcion;
pub use puertos::{ErrorMensajero, ErrorParte, Lectores, Mensajero, Operaciones, Orden, Planes, Pregunta};
pub use verificar_plan::VerificarPlan;

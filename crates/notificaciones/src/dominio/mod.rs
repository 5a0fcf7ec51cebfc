//! What a notification is and what may happen to it.

mod direccion;
mod espera;
mod estado;
mod hecho;
mod notificacion;
mod solicitud;
mod valores;

pub use direccion::{Direccion, DireccionEnmascarada, DireccionInvalida};
pub use espera::siguiente_intento;
pub use estado::Estado;
pub use hecho::{Aplazamiento, CodigoAplazamiento, CodigoRechazo, Hecho, Rechazo};
pub use notificacion::{Comando, Entrega, ErrorNotificacion, Fallo, Notificacion, Resultado};
pub use solicitud::{ClaseOrigen, Desenlace, Origen, Solicitud};
pub use valores::{
    ClaveCliente, CodigoCliente, Datos, ErrorValor, IdNotificacion, IdSuscripcion, Inquilino, NombrePlantilla,
};

//! Subscriptions as the business speaks of them: pure, synchronous, no clock.

mod cliente;
mod definicion;
mod plan;
mod suscripcion;
mod valores;

pub use cliente::{Condiciones, DatosCliente};
pub use definicion::{EstadoDefinicion, VersionDefinicion};
pub use plan::{ErrorPlan, Plan, Recursos};
pub use suscripcion::{Comando, Estado, Factura, Ficha, Rechazo, Suscripcion};
pub use valores::{CodigoCliente, CodigoPlan, ErrorValor, INQUILINO_PUBLICO, IdSaga, IdSuscripcion, Monto, Parametro};

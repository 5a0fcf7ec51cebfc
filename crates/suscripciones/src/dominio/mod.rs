//! Subscriptions as the business speaks of them: pure, synchronous, no clock.

mod cliente;
mod definicion;
mod factura;
mod operacion;
mod plan;
mod rechazo;
mod suscripcion;
mod valores;

pub use cliente::{Condiciones, DatosCliente};
pub use definicion::{EstadoDefinicion, VersionDefinicion};
pub use factura::{Emision, EstadoFactura, Factura, Pago};
pub use operacion::{Caso, Operacion};
pub use plan::{ErrorPlan, Plan, Recursos};
pub use rechazo::Rechazo;
pub use suscripcion::{Comando, Estado, Evento, Ficha, Suscripcion};
pub use valores::{
    CodigoCliente, CodigoPlan, ErrorValor, INQUILINO_PUBLICO, IdSaga, IdServicioDatos, IdSuscripcion, Monto, Parametro,
};

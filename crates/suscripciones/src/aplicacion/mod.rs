//! The use cases of subscriptions, one file each; the ports they need are in `puertos`.

mod atender_ordenes;
pub mod auditoria;
mod cancelar_suscripcion;
mod crear_suscripcion;
mod filtro_sagas;
mod pagar_suscripcion;
pub mod puertos;
mod responder_saga;
mod vencer_plazos;

pub use atender_ordenes::{AtenderOrdenes, Pedido};
pub use filtro_sagas::FiltroSagas;
pub use responder_saga::{Atendida, ResponderSaga};
pub use vencer_plazos::VencerPlazos;

//! The use cases of subscriptions, one file each; the ports they need are in `puertos`.

mod atender_ordenes;
pub mod auditoria;
mod cambiar_plan;
mod cancelar_suscripcion;
mod crear_suscripcion;
mod definiciones;
mod desistir_operacion;
mod encargo;
mod fijar_flujo;
mod filtro_sagas;
mod guardar_plan;
mod iniciar_saga;
mod mandar;
mod mandar_lotes;
mod mesa;
mod mudanza;
mod pagar_suscripcion;
pub mod puertos;
pub mod reproceso;
mod responder_saga;
mod tenencia;
mod vencer_plazos;

pub use atender_ordenes::{AtenderOrdenes, Pedido};
pub use definiciones::{Comprobacion, Comprobada, Comprobador, Definiciones, ErrorComprobacion, ErrorDefinicion};
pub use encargo::{Asiento, Encargo, Orden, Rechazo, Resultado};
pub use fijar_flujo::{FlujoRechazado, fijar_flujo};
pub use filtro_sagas::FiltroSagas;
pub use guardar_plan::{GuardarPlan, PlanRechazado};
pub use iniciar_saga::desenlace_inicial;
pub use mandar::{Mandar, Prevision};
pub use mandar_lotes::{MAXIMO, MandarLotes, Propuesta, Rechazadas};
pub use mudanza::{Mudador, Mudanza, Versiones};
pub use puertos::Avance;
pub use responder_saga::{Atendida, ResponderSaga};
pub use tenencia::{PARTICIONES, Tenencia, particion};
pub use vencer_plazos::{VencerPlazos, Vencidas};

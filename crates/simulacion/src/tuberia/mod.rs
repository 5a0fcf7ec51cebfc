//! What lies between a process and the rest: its way to the stores, the broker, the outbox, the consumer.

mod bandeja;
mod bus;
mod consumo;
mod mensaje;
mod via;

pub use bandeja::{Bandeja, ConBandeja, Despachador, barrer, despachar};
pub use bus::{Bus, Entrega, Suscripcion};
pub use consumo::{Fallo, Manejador, consumir};
pub use mensaje::Mensaje;
pub use via::{Corte, Via};

//! The door with everything around it small enough to hold in memory.

mod buzon;
mod cuerpos;
mod puerta;
mod servicio;

pub use buzon::{Broker, Buzon, leer};
pub use cuerpos::{anidado, plano};
pub use puerta::{Entorno, IMAGEN_MAXIMA, Respuesta};
pub use servicio::{Recibida, Servicio};

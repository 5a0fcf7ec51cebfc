//! What the ports rest on: Pulsar, the other services over HTTP, and the key that signs operations.

mod ajustes;
mod comandos;
mod firmante;
mod lectores_http;
mod mensajero_pulsar;
mod operaciones_http;
mod planes_http;
mod servicios;
mod subida;
mod temas_pulsar;

pub use ajustes::{AjustesImagenes, AjustesOperaciones, AjustesPulsarAdmin, AjustesServicios};
pub use comandos::{temas_publicados, tipo_de};
pub use firmante::{ErrorFirmante, Firmante};
pub use lectores_http::LectoresHttp;
pub use mensajero_pulsar::MensajeroPulsar;
pub use operaciones_http::OperacionesHttp;
pub use planes_http::PlanesHttp;
pub use servicios::{ErrorServicios, Llamada, PLAZO_DE_ENCARGO, Respuesta, Servicios};
pub use subida::{ErrorSubida, Subida};
pub use temas_pulsar::TemasDeComandos;

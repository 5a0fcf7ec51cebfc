//! What stands behind the ports, and the messages that come in.

mod cadena;
mod contactos_http;
mod correo_carpeta;
mod correo_smtp;
mod entrada;
mod mensajes;
mod mime;
mod pg_almacen;
mod pg_consultas;
mod pg_errores;
mod pg_eventos;
mod pg_proyeccion;
mod plantillas;
mod remitente;
mod solicitudes;

pub use contactos_http::ContactosHttp;
pub use correo_carpeta::CorreoCarpeta;
pub use correo_smtp::{AjustesSmtp, CorreoSmtp, ErrorCorreo, Seguridad};
pub use entrada::Entrada;
pub use mime::{ErrorRemitente, Remite};
pub use pg_almacen::PgAlmacen;
pub use pg_consultas::PgConsultas;
pub use pg_proyeccion::reconstruir;
pub use plantillas::PlantillasMinijinja;
pub use remitente::Remitente;

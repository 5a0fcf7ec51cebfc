//! The service against a real Postgres, a real SMTP conversation and a small stand-in for suscripciones.

mod ajustes;
mod almacen;
mod apoyo;
mod carpeta;
mod consultas;
mod entrada;
mod envio;
mod plantillas;

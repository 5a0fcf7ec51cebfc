//! The adapters: Postgres, Pulsar messages, seeds.

mod auditoria;
mod catalogo;
mod clientes;
mod consultas;
mod emisor;
mod entrada_ordenes;
mod entrada_respuestas;
mod errores;
mod filas;
mod identidades;
mod listado;
mod mensajes;
mod mensajes_sagas;
mod pg_sagas;
mod pg_suscripciones;
mod publicacion_estados;
mod publicacion_sagas;
mod respuesta_guardada;
mod semillas;
mod temporizador;

pub use auditoria::{AuditoriaPg, Consistencia, Hallazgos, LibrosHttp, vigilar};
pub use catalogo::{CatalogoPg, DefinicionCargada};
pub use clientes::{Clientes, Contacto};
pub use consultas::{Consultas, FilaSuscripcion, FiltroSuscripciones, Libro, Transicion};
pub use emisor::Emisor;
pub use entrada_ordenes::EntradaOrdenes;
pub use entrada_respuestas::EntradaRespuestas;
pub use identidades::Derivadas;
pub use listado::FilaSaga;
pub use pg_sagas::SagasPg;
pub use pg_suscripciones::SuscripcionesPg;
pub use publicacion_sagas::publicar_sagas;
pub use respuesta_guardada::RespuestaGuardada;
pub use semillas::sembrar;
pub use temporizador::vencer_plazos;

/// Name of this service as a message source and as a subscription.
pub const SERVICIO: &str = "suscripciones";

//! The adapters: Postgres, Pulsar messages, seeds.

mod arrendamientos;
mod catalogo;
mod clientes;
mod consultas;
mod emisor;
mod entrada_ordenes;
mod entrada_respuestas;
mod errores;
mod filas;
mod identidades;
mod mensajes;
mod mensajes_sagas;
mod pg_sagas;
mod pg_suscripciones;
mod publicacion_estados;
mod respuesta_guardada;
mod semillas;
mod temporizador;

pub use arrendamientos::{
    Arrendamientos, FilaOrquestador, Orquestadores, ParticionArrendada, PublicacionSagas, mantener, publicar_sagas,
};
pub use catalogo::{CatalogoPg, DefinicionCargada};
pub use clientes::{Clientes, Contacto};
pub use consultas::{Consultas, FilaSaga, FilaSuscripcion, FiltroSagas, FiltroSuscripciones, Libro, Transicion};
pub use emisor::Emisor;
pub use entrada_ordenes::EntradaOrdenes;
pub use entrada_respuestas::EntradaRespuestas;
pub use identidades::Derivadas;
pub use pg_sagas::SagasPg;
pub use pg_suscripciones::SuscripcionesPg;
pub use respuesta_guardada::RespuestaGuardada;
pub use semillas::sembrar;
pub use temporizador::{Temporizador, vencer_plazos};

/// Name of this service as a message source and as a subscription.
pub const SERVICIO: &str = "suscripciones";

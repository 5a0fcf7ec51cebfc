//! The adapters: Postgres, Pulsar messages, seeds.

mod arrendamientos;
mod auditoria;
mod catalogo;
mod clientes;
mod comprobador;
mod compuerta;
mod consultas;
mod consultas_mandos;
mod definicion_cargada;
mod emisor;
mod entrada_ordenes;
mod entrada_respuestas;
mod errores;
mod esquemas_de_saga;
mod filas;
mod filas_plan;
mod filtro_guardado;
mod identidades;
mod listado;
mod marcha_lotes;
mod mensajes;
mod mensajes_sagas;
mod mudanzas;
mod pg_contrataciones;
mod pg_definiciones;
mod pg_facturas;
mod pg_flujos;
mod pg_lotes;
mod pg_mandos;
mod pg_sagas;
mod pg_suscripciones;
mod publicacion_estados;
mod registro_pulsar;
mod reproceso;
mod respuesta_guardada;
mod revision;
mod semillas;
mod temporizador;
mod vigia_definiciones;

pub use arrendamientos::{
    Arrendamientos, FilaOrquestador, Orquestadores, ParticionArrendada, PublicacionSagas, mantener,
    publicar_en_ausencia, publicar_sagas,
};
pub use auditoria::{AuditoriaPg, Consistencia, Hallazgos, LibrosHttp, vigilar};
pub use catalogo::CatalogoPg;
pub use clientes::{Clientes, Contacto};
pub use comprobador::{Comprobaciones, DEMORA};
pub use compuerta::{Compuerta, vigilar_pausa};
pub use consultas::{Consultas, FilaFactura, FilaSuscripcion, FiltroSuscripciones, Libro, Transicion};
pub use consultas_mandos::{FilaLote, FilaMando, FiltroMandos};
pub use definicion_cargada::DefinicionCargada;
pub use emisor::Emisor;
pub use entrada_ordenes::EntradaOrdenes;
pub use entrada_respuestas::EntradaRespuestas;
pub use identidades::Derivadas;
pub use listado::FilaSaga;
pub use marcha_lotes::llevar_lotes;
pub use mudanzas::Mudanzas;
pub use pg_definiciones::{DefinicionesPg, FichaDefinicion, FiltroDefiniciones, Movimiento};
pub use pg_mandos::MandosPg;
pub use pg_sagas::SagasPg;
pub use pg_suscripciones::SuscripcionesPg;
pub use registro_pulsar::{AjustesPulsarAdmin, RegistroPulsar};
pub use reproceso::{PublicadoPulsar, TablasSagasPg, detener, reanudar};
pub use respuesta_guardada::RespuestaGuardada;
pub use revision::revisar_mensajes;
pub use semillas::sembrar;
pub use temporizador::{Temporizador, vencer_plazos};
pub use vigia_definiciones::vigilar_definiciones;

/// Name of this service as a message source and as a subscription.
pub const SERVICIO: &str = "suscripciones";

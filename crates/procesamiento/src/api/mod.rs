//! The HTTP side: decode, call one use case, encode.

mod anonimizado;
mod cabeceras;
mod operaciones;
mod problemas;
mod recepcion;

use std::sync::Arc;

use anonimizacion::Seudonimizador;
use axum::Router;
use axum::routing::{get, post};

use crate::aplicacion::{ConsultarImagenes, RecibirImagen, RecibirPaquete};
use crate::infraestructura::LimitesZip;

/// What the handlers call.
#[derive(Clone)]
pub struct Casos {
    pub recibir: Arc<RecibirImagen>,
    pub recibir_paquete: Arc<RecibirPaquete>,
    pub consultar: Arc<ConsultarImagenes>,
    pub seudonimizador: Arc<Seudonimizador>,
    pub limites: LimitesRecepcion,
}

/// What one request may bring.
#[derive(Clone, Copy, Debug)]
pub struct LimitesRecepcion {
    pub paquete_bytes: u64,
    pub zip: LimitesZip,
}

/// The routes of the service, without layers.
pub fn rutas(casos: Casos) -> Router {
    Router::new()
        .route("/procesamiento/procesar-imagen", post(recepcion::procesar))
        .route("/dicomweb/studies", post(recepcion::almacenar))
        .route("/dicomweb/studies/{estudio}", post(recepcion::almacenar_en_estudio))
        .route("/anonimizado", get(anonimizado::listar))
        .route("/anonimizado/{id}", get(anonimizado::obtener))
        .route("/anonimizado/{id}/archivo", get(anonimizado::archivo))
        .route("/interno/operaciones/{tipo}/{id}", get(operaciones::consultar))
        .with_state(casos)
}

//! The HTTP side: decode, call one use case, encode.

mod anonimizado;
mod cabeceras;
mod operaciones;
mod problemas;
mod procesar_imagen;

use std::sync::Arc;

use anonimizacion::Seudonimizador;
use axum::Router;
use axum::routing::{get, post};

use crate::aplicacion::{ConsultarImagenes, RecibirImagen};

/// What the handlers call.
#[derive(Clone)]
pub struct Casos {
    pub recibir: Arc<RecibirImagen>,
    pub consultar: Arc<ConsultarImagenes>,
    pub seudonimizador: Arc<Seudonimizador>,
}

/// The routes of the service, without layers.
pub fn rutas(casos: Casos) -> Router {
    Router::new()
        .route("/procesamiento/procesar-imagen", post(procesar_imagen::procesar))
        .route("/anonimizado", get(anonimizado::listar))
        .route("/anonimizado/{id}", get(anonimizado::obtener))
        .route("/interno/operaciones/{tipo}/{id}", get(operaciones::consultar))
        .with_state(casos)
}

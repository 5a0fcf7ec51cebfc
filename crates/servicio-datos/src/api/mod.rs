//! The routes of the service, all of them behind the BFF.

mod catalogo;
mod internas;
mod lectura;
mod problemas;
mod servicios;

use crate::aplicacion::{Consultas, RepositorioCatalogo};
use axum::Router;
use axum::routing::get;
use std::sync::Arc;

/// What the handlers ask.
#[derive(Clone)]
pub struct Puertas {
    pub consultas: Arc<dyn Consultas>,
    pub catalogo: Arc<dyn RepositorioCatalogo>,
}

/// Every route of this service but health and dead letters.
pub fn rutas(puertas: Puertas) -> Router {
    Router::new()
        .route("/serviciosdatos", get(servicios::listar))
        .route("/serviciosdatos/{id}", get(servicios::buscar))
        .route("/serviciodatos/serviciodatos-query/{id}", get(servicios::buscar))
        .route("/interno/operaciones/{tipo}/{id}", get(internas::operacion))
        .route("/interno/libro", get(internas::asiento).post(internas::libro))
        .merge(catalogo::rutas())
        .with_state(puertas)
}

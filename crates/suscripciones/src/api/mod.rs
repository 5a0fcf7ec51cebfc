//! The HTTP face: queries, the catalogue, and what the other services ask.

mod auditoria;
mod clientes;
mod filtro;
mod interno;
mod linea_de_tiempo;
mod planes;
mod problemas;
mod saga_vista;
mod sagas;
mod suscripciones;

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post, put};
use tokio_util::sync::CancellationToken;

use crate::infraestructura::{CatalogoPg, Clientes, Consultas, Hallazgos};

/// What the handlers work with.
#[derive(Clone)]
pub struct Estado {
    pub consultas: Arc<Consultas>,
    pub catalogo: Arc<CatalogoPg>,
    pub clientes: Arc<Clientes>,
    pub hallazgos: Arc<Hallazgos>,
    /// Ends the open streams when the process stops.
    pub cierre: CancellationToken,
}

/// Every route of this service but health and dead letters.
pub fn rutas(estado: Estado) -> Router {
    Router::new()
        .route("/planes", get(planes::listar))
        .route("/admin/planes/{codigo}", get(planes::obtener).put(planes::guardar))
        .route("/admin/clientes/{codigo}/condiciones", put(clientes::fijar).get(clientes::obtener))
        .route("/suscripciones", get(suscripciones::listar))
        .route("/suscripciones/{id}", get(suscripciones::obtener))
        .route("/sagas", get(sagas::listar))
        .route("/sagas/{id}", get(sagas::obtener))
        .route("/sagas/{id}/eventos", get(sagas::eventos))
        .route("/auditoria/consistencia", get(auditoria::consistencia))
        .route("/interno/operaciones/{tipo}/{id}", get(interno::operacion))
        .route("/interno/clientes/{codigo}/contacto", get(interno::contacto))
        .route("/interno/clientes/contactos", post(interno::contactos))
        .route("/interno/libro", post(interno::libro))
        .with_state(estado)
}

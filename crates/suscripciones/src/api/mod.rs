//! The HTTP face: queries, the catalogue, and what the other services ask; and the command line.

mod auditoria;
mod clientes;
mod comprobacion;
mod definiciones;
mod definiciones_consulta;
mod diagramas;
mod filtro;
mod flujos;
mod informe;
mod interno;
mod linea_de_tiempo;
mod mandos;
mod migraciones;
mod ordenes;
mod orquestadores;
mod planes;
mod problemas;
mod saga_vista;
mod sagas;
mod suscripciones;

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post, put};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::aplicacion::{Definiciones, GuardarPlan, Mandar, MandarLotes};
use crate::infraestructura::{CatalogoPg, Clientes, Consultas, DefinicionesPg, Hallazgos, Mudanzas};

pub use informe::{json, texto};
pub use ordenes::{Orden, Reproceso};

/// What the handlers work with.
#[derive(Clone)]
pub struct Estado {
    pub consultas: Arc<Consultas>,
    pub catalogo: Arc<CatalogoPg>,
    pub guardar_plan: Arc<GuardarPlan>,
    pub definiciones: Arc<Definiciones>,
    pub fichas: Arc<DefinicionesPg>,
    pub clientes: Arc<Clientes>,
    pub hallazgos: Arc<Hallazgos>,
    pub mandar: Arc<Mandar>,
    pub lotes: Arc<MandarLotes>,
    pub mudanzas: Arc<Mudanzas>,
    /// Says that a batch of orders was confirmed.
    pub confirmado: Arc<Notify>,
    /// Ends the open streams when the process stops.
    pub cierre: CancellationToken,
}

/// Every route of this service but health and dead letters.
pub fn rutas(estado: Estado) -> Router {
    Router::new()
        .route("/planes", get(planes::listar))
        .route("/admin/planes/{codigo}", get(planes::obtener).put(planes::guardar))
        .route("/admin/flujos", get(flujos::listar).put(flujos::fijar))
        .route("/admin/clientes/{codigo}/condiciones", put(clientes::fijar).get(clientes::obtener))
        .route("/admin/definiciones", get(definiciones_consulta::listar).post(definiciones::crear))
        .route("/admin/definiciones/{clave}/{version}", get(definiciones_consulta::obtener))
        .route("/admin/definiciones/{clave}/{version}/verificar", post(definiciones::verificar))
        .route("/admin/definiciones/{clave}/{version}/activar", post(definiciones::activar))
        .route("/admin/definiciones/{clave}/{version}/retirar", post(definiciones::retirar))
        .route("/admin/definiciones/{clave}/{version}/migraciones", post(migraciones::migrar))
        .route("/admin/definiciones/{clave}/{version}/diagrama", get(diagramas::de_version))
        .route("/admin/orquestadores", get(orquestadores::listar))
        .route("/suscripciones", get(suscripciones::listar))
        .route("/suscripciones/{id}", get(suscripciones::obtener))
        .route("/suscripciones/{id}/facturas", get(suscripciones::facturas))
        .route("/sagas", get(sagas::listar))
        .route("/sagas/{id}", get(sagas::obtener))
        .route("/sagas/{id}/diagrama", get(diagramas::de_saga))
        .route("/sagas/{id}/eventos", get(sagas::eventos))
        .route("/auditoria/consistencia", get(auditoria::consistencia))
        .route("/sagas/{id}/mandos", post(mandos::mandar))
        .route("/sagas/mandos", post(mandos::mandar_varios))
        .route("/admin/mandos", get(mandos::listar))
        .route("/admin/mandos/lotes/{id}", get(mandos::lote))
        .route("/interno/operaciones/{tipo}/{id}", get(interno::operacion))
        .route("/interno/clientes/{codigo}/contacto", get(interno::contacto))
        .route("/interno/clientes/contactos", post(interno::contactos))
        .route("/interno/libro", post(interno::libro))
        .with_state(estado)
}

//! The HTTP door of the service: questions only, for the BFF, the auditor and the operators.

mod fichas;
mod interno;
mod notificaciones;
mod parametros;
mod problemas;

use std::sync::Arc;

use axum::Router;
use axum::routing::get;

use crate::aplicacion::consultas::ConsultasNotificaciones;

type Consultas = Arc<dyn ConsultasNotificaciones>;

/// The routes of the service, without the chassis.
pub fn rutas(consultas: Consultas) -> Router {
    Router::new()
        .route("/notificaciones", get(notificaciones::listar))
        .route("/notificaciones/{id}", get(notificaciones::detallar))
        .route("/interno/operaciones/{tipo}/{id}", get(interno::operacion))
        .route("/interno/libro", get(interno::asiento).post(interno::libro))
        .with_state(consultas)
}

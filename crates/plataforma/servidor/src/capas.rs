use std::{any::Any, sync::Arc, time::Duration};

use axum::{
    Router,
    extract::{DefaultBodyLimit, Request, State},
    http::StatusCode,
    middleware::{self, Next},
    response::{IntoResponse, Response},
};
use tokio::{sync::Semaphore, time::timeout};
use tower_http::catch_panic::CatchPanicLayer;

use crate::{Problema, registro};

/// What one request, and all of them together, may take.
#[derive(Clone, Copy, Debug)]
pub struct Limites {
    /// Bytes of a body.
    pub cuerpo: usize,
    /// Time from the headers of a request to those of its answer, reading the body included.
    pub tiempo: Duration,
    /// Requests in progress.
    pub simultaneas: usize,
}

impl Default for Limites {
    fn default() -> Self {
        Self { cuerpo: 256 * 1024, tiempo: Duration::from_secs(10), simultaneas: 512 }
    }
}

/// Puts the chassis around the routes: ids, log, metrics, panics, limits, and problems for 404 and 405.
///
/// Health routes are merged afterwards, so that the limits do not hit them.
pub fn aplicar_capas(router: Router, limites: Limites) -> Router {
    let aforo = Arc::new(Semaphore::new(limites.simultaneas));
    router
        .fallback(async || Problema::de_estado(StatusCode::NOT_FOUND))
        .method_not_allowed_fallback(async || Problema::de_estado(StatusCode::METHOD_NOT_ALLOWED))
        .layer(DefaultBodyLimit::max(limites.cuerpo))
        .layer(middleware::from_fn_with_state(limites.tiempo, limitar_tiempo))
        .layer(middleware::from_fn_with_state(aforo, limitar_aforo))
        .layer(CatchPanicLayer::custom(tras_panico))
        .layer(middleware::from_fn(registro::identificar))
}

async fn limitar_tiempo(State(plazo): State<Duration>, peticion: Request, sigue: Next) -> Response {
    match timeout(plazo, sigue.run(peticion)).await {
        Ok(respuesta) => respuesta,
        Err(_) => Problema::no_disponible("tiempo_agotado", 1)
            .detalle("La petición tardó demasiado; puede repetirse.")
            .into_response(),
    }
}

async fn limitar_aforo(State(aforo): State<Arc<Semaphore>>, peticion: Request, sigue: Next) -> Response {
    match aforo.try_acquire() {
        Ok(_permiso) => sigue.run(peticion).await,
        Err(_) => {
            Problema::no_disponible("sobrecarga", 1).detalle("Hay demasiadas peticiones en curso.").into_response()
        }
    }
}

// The panic hook has logged where it happened; its payload may quote data and is dropped.
fn tras_panico(_: Box<dyn Any + Send>) -> Response {
    Problema::interno().into_response()
}

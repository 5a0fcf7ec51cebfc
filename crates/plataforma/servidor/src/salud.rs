use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use axum::{
    Json, Router,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use futures::future::join_all;
use metrics_exporter_prometheus::PrometheusHandle;
use serde_json::{Value, json};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

const PLAZO: Duration = Duration::from_secs(2);

/// One thing that a process needs in order to serve.
#[async_trait]
pub trait Comprobacion: Send + Sync {
    fn nombre(&self) -> &'static str;
    /// `Err` says what is missing; the text is shown in `/readyz`, so it carries no secret.
    async fn comprobar(&self) -> Result<(), String>;
}

/// Fails once the shutdown began, so that no more requests are routed here.
pub struct EnMarcha(pub CancellationToken);

#[async_trait]
impl Comprobacion for EnMarcha {
    fn nombre(&self) -> &'static str {
        "en_marcha"
    }

    async fn comprobar(&self) -> Result<(), String> {
        if self.0.is_cancelled() {
            return Err("shutting down".to_owned());
        }
        Ok(())
    }
}

struct Salud {
    comprobaciones: Vec<Arc<dyn Comprobacion>>,
    metricas: PrometheusHandle,
    arrancado: AtomicBool,
}

/// `/livez` (the process runs), `/readyz` (each check, now), `/startupz` (each check, once) and `/metrics`.
pub fn rutas_de_salud(comprobaciones: Vec<Arc<dyn Comprobacion>>, metricas: PrometheusHandle) -> Router {
    Router::new()
        .route("/livez", get(async || Json(json!({ "estado": "vivo" }))))
        .route("/readyz", get(lista))
        .route("/startupz", get(arranque))
        .route("/metrics", get(medidas))
        .with_state(Arc::new(Salud { comprobaciones, metricas, arrancado: AtomicBool::new(false) }))
}

async fn lista(State(salud): State<Arc<Salud>>) -> Response {
    let comprobadas = join_all(salud.comprobaciones.iter().map(comprobar)).await;
    let bien = comprobadas.iter().all(|(bien, _)| *bien);
    let detalles: Vec<_> = comprobadas.into_iter().map(|(_, detalle)| detalle).collect();
    if bien {
        salud.arrancado.store(true, Ordering::Relaxed);
    }
    let (codigo, estado) = match bien {
        true => (StatusCode::OK, "listo"),
        false => (StatusCode::SERVICE_UNAVAILABLE, "no_listo"),
    };
    (codigo, Json(json!({ "estado": estado, "comprobaciones": detalles }))).into_response()
}

async fn arranque(estado: State<Arc<Salud>>) -> Response {
    if estado.arrancado.load(Ordering::Relaxed) {
        return Json(json!({ "estado": "listo" })).into_response();
    }
    lista(estado).await
}

async fn medidas(State(salud): State<Arc<Salud>>) -> Response {
    let tipo = [(header::CONTENT_TYPE, "text/plain; version=0.0.4")];
    (tipo, salud.metricas.render()).into_response()
}

async fn comprobar(comprobacion: &Arc<dyn Comprobacion>) -> (bool, Value) {
    let resultado =
        timeout(PLAZO, comprobacion.comprobar()).await.unwrap_or_else(|_| Err("no answer in time".to_owned()));
    let detalle = json!({
        "nombre": comprobacion.nombre(),
        "estado": if resultado.is_ok() { "bien" } else { "mal" },
        "detalle": resultado.as_ref().err(),
    });
    (resultado.is_ok(), detalle)
}

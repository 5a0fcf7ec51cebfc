use std::{future::pending, sync::Arc};

use async_trait::async_trait;
use axum::{Router, http::Method, routing::get};
use metrics_exporter_prometheus::PrometheusBuilder;
use serde_json::json;
use servidor::{Comprobacion, EnMarcha, Limites, aplicar_capas, rutas_de_salud};
use tokio_util::sync::CancellationToken;

use crate::{pedir, peticion};

struct Callada;

#[async_trait]
impl Comprobacion for Callada {
    fn nombre(&self) -> &'static str {
        "callada"
    }

    async fn comprobar(&self) -> Result<(), String> {
        pending().await
    }
}

fn router(comprobaciones: Vec<Arc<dyn Comprobacion>>) -> Router {
    let metricas = PrometheusBuilder::new().build_recorder().handle();
    let rutas = Router::new().route("/nada", get(async || ()));
    let limites = Limites { simultaneas: 0, ..Limites::default() };
    aplicar_capas(rutas, limites).merge(rutas_de_salud(comprobaciones, metricas))
}

#[tokio::test]
async fn deja_de_estar_listo_cuando_empieza_el_cierre_y_sigue_vivo() {
    let cierre = CancellationToken::new();
    let router = router(vec![Arc::new(EnMarcha(cierre.clone()))]);
    let listo = pedir(&router, peticion(Method::GET, "/readyz")).await;
    cierre.cancel();
    let cerrando = pedir(&router, peticion(Method::GET, "/readyz")).await;

    assert_eq!(listo.estado, 200);
    assert_eq!(cerrando.estado, 503);
    let detalle = json!([{ "nombre": "en_marcha", "estado": "mal", "detalle": "shutting down" }]);
    assert_eq!(cerrando.cuerpo, json!({ "estado": "no_listo", "comprobaciones": detalle }));
    for ruta in ["/livez", "/startupz", "/metrics"] {
        assert_eq!(pedir(&router, peticion(Method::GET, ruta)).await.estado, 200, "{ruta}");
    }
}

#[tokio::test(start_paused = true)]
async fn una_comprobacion_que_no_contesta_no_bloquea_la_respuesta() {
    let router = router(vec![Arc::new(Callada)]);

    let respuesta = pedir(&router, peticion(Method::GET, "/startupz")).await;

    assert_eq!(respuesta.estado, 503);
    assert_eq!(respuesta.cuerpo["comprobaciones"][0]["detalle"], "no answer in time");
}

#[tokio::test]
async fn el_aforo_de_las_rutas_no_afecta_a_la_salud() {
    let router = router(Vec::new());
    pedir(&router, peticion(Method::GET, "/nada")).await.es_problema(503, "sobrecarga");
    assert_eq!(pedir(&router, peticion(Method::GET, "/livez")).await.estado, 200);
}

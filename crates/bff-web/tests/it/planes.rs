use crate::apoyo::{Entorno, anidado, plano};
use axum::http::StatusCode;
use futures::future::join_all;
use serde_json::json;
use std::time::{Duration, Instant};

const CREAR: &str = "/suscripciones/suscripcion-comando";

/// How often the catalogue was read, and under which ETag each time.
fn lecturas(entorno: &Entorno) -> Vec<Option<String>> {
    let recibidas = entorno.servicios.suscripciones.recibidas();
    let planes = recibidas.into_iter().filter(|recibida| recibida.ruta == "/planes");
    planes.map(|p| p.cabeceras.get("if-none-match").and_then(|v| v.to_str().ok()).map(str::to_owned)).collect()
}

#[tokio::test]
async fn un_plan_desconocido_se_nombra_como_lo_escribio_el_cliente() {
    let entorno = Entorno::nuevo().await;
    let (mut con_objetos, mut plana) = (anidado(), plano());
    con_objetos["plan"]["codigo"] = json!("oro");
    plana["plan_codigo"] = json!("oro");
    for (cuerpo, campo) in [(con_objetos, "plan.codigo"), (plana, "plan_codigo")] {
        let respuesta = entorno.publicar(CREAR, &cuerpo).await;
        assert_eq!(respuesta.estado, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(respuesta.codigo(), "plan_desconocido");
        assert_eq!(respuesta.campos(), [campo]);
    }
    assert_eq!(entorno.buzon.mensajes(), vec![]);
}

#[tokio::test]
async fn el_codigo_de_un_plan_no_distingue_mayusculas() {
    let entorno = Entorno::nuevo().await;
    let mut cuerpo = anidado();
    cuerpo["plan"]["codigo"] = json!("Pro");
    assert_eq!(entorno.publicar(CREAR, &cuerpo).await.estado, StatusCode::ACCEPTED);
}

#[tokio::test]
async fn el_catalogo_se_lee_una_vez_para_muchas_peticiones() {
    let entorno = Entorno::nuevo().await;
    for _ in 0..5 {
        entorno.publicar(CREAR, &anidado()).await;
    }
    assert_eq!(lecturas(&entorno), [None]);
}

#[tokio::test]
async fn un_plan_nuevo_se_encuentra_releyendo_una_vez_con_la_etiqueta() {
    let entorno = Entorno::nuevo().await;
    entorno.publicar(CREAR, &anidado()).await;
    entorno.servicios.suscripciones.ofrecer_planes("\"v2\"", &["pro", "oro"]);
    let mut cuerpo = anidado();
    cuerpo["plan"]["codigo"] = json!("oro");
    assert_eq!(entorno.publicar(CREAR, &cuerpo).await.estado, StatusCode::ACCEPTED);
    assert_eq!(lecturas(&entorno), [None, Some("\"v1\"".to_owned())]);
}

#[tokio::test]
async fn un_catalogo_sin_cambios_sigue_valiendo() {
    let entorno = Entorno::nuevo().await;
    let mut cuerpo = anidado();
    cuerpo["plan"]["codigo"] = json!("oro");
    for _ in 0..2 {
        assert_eq!(entorno.publicar(CREAR, &cuerpo).await.estado, StatusCode::UNPROCESSABLE_ENTITY);
    }
    assert_eq!(entorno.publicar(CREAR, &anidado()).await.estado, StatusCode::ACCEPTED);
}

#[tokio::test]
async fn sin_catalogo_la_comprobacion_queda_para_quien_consume() {
    let mut entorno = Entorno::nuevo().await;
    entorno.servicios.suscripciones.caer().await;
    let mut cuerpo = anidado();
    cuerpo["plan"]["codigo"] = json!("oro");
    assert_eq!(entorno.publicar(CREAR, &cuerpo).await.estado, StatusCode::ACCEPTED);
}

#[tokio::test]
async fn muchas_peticiones_esperan_juntas_un_catalogo_que_no_llega() {
    let entorno = Entorno::nuevo().await;
    entorno.servicios.suscripciones.demorarse(Duration::from_secs(30));
    let comienzo = Instant::now();
    let cuerpo = anidado();
    let respuestas = join_all((0..20).map(|_| entorno.publicar(CREAR, &cuerpo))).await;
    assert!(respuestas.iter().all(|respuesta| respuesta.estado == StatusCode::ACCEPTED));
    assert!(comienzo.elapsed() < Duration::from_secs(5), "{:?}", comienzo.elapsed());
    assert_eq!(lecturas(&entorno).len(), 1);
}

#[tokio::test]
async fn un_catalogo_ilegible_no_detiene_los_comandos() {
    let entorno = Entorno::nuevo().await;
    entorno.servicios.suscripciones.guardar_json("/planes", &json!({"otra": "forma"}));
    assert_eq!(entorno.publicar(CREAR, &anidado()).await.estado, StatusCode::ACCEPTED);
}

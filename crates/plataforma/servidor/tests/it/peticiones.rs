use std::{future::pending, time::Duration};

use axum::{
    Json, Router,
    body::Body,
    extract::Path,
    http::{Method, Request, header},
    routing::{get, post},
};
use serde_json::{Value, json};
use servidor::{Cuerpo, IdPeticion, IdRuta, Limites, Problema, Traza, aplicar_capas};

use crate::{con_json, pedir, peticion};

const TRAZA: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

fn limites() -> Limites {
    Limites { cuerpo: 64, tiempo: Duration::from_millis(50), simultaneas: 2 }
}

fn router() -> Router {
    let rutas = Router::new()
        .route("/eco", post(async |Cuerpo(valor): Cuerpo| Json(valor)))
        .route("/cosas/{id}", get(async |IdRuta(id): IdRuta| Json(json!(id))))
        .route("/numeros/{n}", get(async |Path(n): Path<u8>| Json(json!(n))))
        .route("/espera", get(pending::<()>))
        .route("/panico", get(panico))
        .route("/lleno", get(async || Problema::no_disponible("lleno", 7).con("turno", json!(3))))
        .route("/ids", get(async |id: IdPeticion, t: Traza| Json(json!([id.0, t.0]))));
    aplicar_capas(rutas, limites())
}

async fn panico() {
    panic!("dato privado")
}

#[tokio::test]
async fn un_objeto_json_llega_entero() {
    let respuesta = pedir(&router(), con_json("/eco", r#"{"a":[1,null]}"#)).await;
    assert_eq!(respuesta.cuerpo, json!({ "a": [1, null] }));
}

#[tokio::test]
async fn un_json_mal_formado_dice_donde_sin_repetir_el_cuerpo() {
    let respuesta = pedir(&router(), con_json("/eco", "{\n \"secreto\" x}")).await;

    respuesta.es_problema(400, "json_invalido");
    assert_eq!(respuesta.cuerpo["detail"], "Error de sintaxis en la línea 2, columna 12.");
    assert_eq!(respuesta.cuerpo["type"], "/problemas/json_invalido");
}

#[tokio::test]
async fn lo_que_no_es_un_objeto_se_rechaza() {
    for cuerpo in ["[]", "null", "3", ""] {
        let respuesta = pedir(&router(), con_json("/eco", cuerpo)).await;
        respuesta.es_problema(400, "json_invalido");
    }
}

#[tokio::test]
async fn otro_tipo_de_contenido_es_415_y_los_json_con_sufijo_se_admiten() {
    for (tipo, estado) in [
        ("text/plain", 415),
        ("application/x-www-form-urlencoded", 415),
        ("application/cloudevents+json", 200),
        ("APPLICATION/JSON", 200),
    ] {
        let mut enviada = con_json("/eco", "{}");
        enviada.headers_mut().insert(header::CONTENT_TYPE, tipo.parse().expect("a header"));
        let respuesta = pedir(&router(), enviada).await;
        assert_eq!(respuesta.estado, estado, "{tipo}");
    }
    let sin_tipo = Request::post("/eco").body(Body::from("{}")).expect("a request");
    pedir(&router(), sin_tipo).await.es_problema(415, "tipo_de_contenido_no_admitido");
}

#[tokio::test]
async fn un_cuerpo_grande_es_413() {
    let grande = json!({ "a": "x".repeat(100) }).to_string();
    let respuesta = pedir(&router(), con_json("/eco", &grande)).await;
    respuesta.es_problema(413, "cuerpo_demasiado_grande");
}

#[tokio::test]
async fn una_ruta_desconocida_es_404_y_un_metodo_ajeno_405_con_allow() {
    let respuesta = pedir(&router(), peticion(Method::GET, "/nada")).await;
    respuesta.es_problema(404, "ruta_no_encontrada");

    let respuesta = pedir(&router(), peticion(Method::DELETE, "/eco")).await;
    respuesta.es_problema(405, "metodo_no_permitido");
    assert_eq!(respuesta.cabecera("allow"), "POST");
}

#[tokio::test]
async fn un_parametro_de_ruta_ilegible_es_un_problema() {
    let respuesta = pedir(&router(), peticion(Method::GET, "/cosas/123")).await;
    respuesta.es_problema(404, "no_encontrado");

    let respuesta = pedir(&router(), peticion(Method::GET, "/numeros/999")).await;
    respuesta.es_problema(400, "peticion_invalida");
}

#[tokio::test]
async fn un_panico_es_500_sin_su_mensaje() {
    let respuesta = pedir(&router(), peticion(Method::GET, "/panico")).await;

    respuesta.es_problema(500, "error_interno");
    assert!(!respuesta.cuerpo.to_string().contains("privado"));
}

#[tokio::test]
async fn lo_que_tarda_demasiado_se_corta() {
    let respuesta = pedir(&router(), peticion(Method::GET, "/espera")).await;

    respuesta.es_problema(503, "tiempo_agotado");
    assert_eq!(respuesta.cabecera("retry-after"), "1");
}

#[tokio::test]
async fn mas_peticiones_que_el_aforo_se_rechazan_con_503() {
    let router = router();
    let pedida = || pedir(&router, peticion(Method::GET, "/espera"));

    let (primera, segunda, tercera) = tokio::join!(pedida(), pedida(), pedida());

    tercera.es_problema(503, "sobrecarga");
    for admitida in [primera, segunda] {
        admitida.es_problema(503, "tiempo_agotado");
    }
    let despues = pedir(&router, con_json("/eco", "{}")).await;
    assert_eq!(despues.estado, 200);
}

#[tokio::test]
async fn un_problema_lleva_sus_extensiones_y_retry_after() {
    let respuesta = pedir(&router(), peticion(Method::GET, "/lleno")).await;

    respuesta.es_problema(503, "lleno");
    assert_eq!(respuesta.cabecera("retry-after"), "7");
    assert_eq!(respuesta.cuerpo["turno"], 3);
}

#[tokio::test]
async fn los_ids_entran_y_salen() {
    let mut enviada = peticion(Method::GET, "/ids");
    enviada.headers_mut().insert("x-request-id", "abc-123".parse().expect("a header"));
    enviada.headers_mut().insert("traceparent", TRAZA.parse().expect("a header"));

    let respuesta = pedir(&router(), enviada).await;

    assert_eq!(respuesta.cabecera("x-request-id"), "abc-123");
    assert!(respuesta.cabecera("traceparent").starts_with(&TRAZA[..36]));
    let vistos = json!([respuesta.cabecera("x-request-id"), respuesta.cabecera("traceparent")]);
    assert_eq!(respuesta.cuerpo, vistos);
}

#[tokio::test]
async fn un_id_que_no_sirve_se_sustituye() {
    for malo in ["con espacio", "", "\u{e9}", &"x".repeat(129)] {
        let mut enviada = peticion(Method::GET, "/ids");
        let valor = header::HeaderValue::from_bytes(malo.as_bytes()).expect("a header");
        enviada.headers_mut().insert("x-request-id", valor);

        let respuesta = pedir(&router(), enviada).await;

        let id = respuesta.cabecera("x-request-id");
        assert!(uuid::Uuid::try_parse(id).is_ok(), "{malo:?} -> {id}");
        assert_eq!(respuesta.cuerpo[0], Value::from(id));
    }
}

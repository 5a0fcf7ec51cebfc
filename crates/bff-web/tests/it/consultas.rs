use crate::apoyo::Entorno;
use axum::http::StatusCode;
use serde_json::{Value, json};
use std::time::Duration;
use uuid::Uuid;

const ID: Uuid = Uuid::from_u128(0x0190_a6e4_2c1b_7000_8000_0000_0000_00aa);

/// A subscription of which every service knows its part.
async fn entorno_completo() -> Entorno {
    let entorno = Entorno::nuevo().await;
    let servicios = &entorno.servicios;
    servicios.suscripciones.guardar_json(&format!("/suscripciones/{ID}"), &json!({"id": ID, "estado": "activa"}));
    let sagas = json!({"elementos": [{"fase": "completada"}], "siguiente": null});
    servicios.suscripciones.guardar_json(&format!("/sagas?id_suscripcion={ID}"), &sagas);
    let iniciado = json!({"elementos": [{"estado": "terminado"}, {"estado": "iniciado"}], "siguiente": null});
    servicios.servicio_datos.guardar_json(&format!("/serviciosdatos?id_suscripcion={ID}"), &iniciado);
    let notificaciones = json!({"elementos": [{"plantilla": "a"}, {"plantilla": "b"}], "siguiente": null});
    servicios.notificaciones.guardar_json(&format!("/notificaciones?id_suscripcion={ID}"), &notificaciones);
    entorno
}

async fn detalle(entorno: &Entorno) -> (StatusCode, Value) {
    let respuesta = entorno.obtener(&format!("/suscripciones/{ID}")).await;
    (respuesta.estado, respuesta.json())
}

#[tokio::test]
async fn una_suscripcion_se_compone_de_lo_que_sabe_cada_servicio() {
    let entorno = entorno_completo().await;
    let esperado = json!({
        "suscripcion": {"id": ID, "estado": "activa"},
        "saga": {"fase": "completada"},
        "servicio_datos": {"estado": "iniciado"},
        "notificaciones": [{"plantilla": "a"}, {"plantilla": "b"}],
        "partes_no_disponibles": [],
    });
    assert_eq!(detalle(&entorno).await, (StatusCode::OK, esperado));
}

#[tokio::test]
async fn la_parte_que_no_responde_se_marca_y_el_resto_llega() {
    let mut entorno = entorno_completo().await;
    entorno.servicios.servicio_datos.caer().await;
    entorno.servicios.notificaciones.demorarse(Duration::from_secs(30));
    let (estado, cuerpo) = detalle(&entorno).await;
    assert_eq!(estado, StatusCode::OK);
    assert_eq!(cuerpo["partes_no_disponibles"], json!(["servicio-datos", "notificaciones"]));
    assert_eq!(cuerpo["saga"]["fase"], "completada");
    assert_eq!(cuerpo["servicio_datos"], Value::Null);
}

#[tokio::test]
async fn lo_que_no_existe_no_se_confunde_con_lo_que_no_responde() {
    let entorno = Entorno::nuevo().await;
    let suscripcion = json!({"id": ID, "estado": "activa"});
    entorno.servicios.suscripciones.guardar_json(&format!("/suscripciones/{ID}"), &suscripcion);
    let vacia = json!({"elementos": [], "siguiente": null});
    entorno.servicios.suscripciones.guardar_json(&format!("/sagas?id_suscripcion={ID}"), &vacia);
    let (estado, cuerpo) = detalle(&entorno).await;
    assert_eq!(estado, StatusCode::OK);
    assert_eq!((&cuerpo["saga"], &cuerpo["servicio_datos"]), (&Value::Null, &Value::Null));
    assert_eq!(cuerpo["partes_no_disponibles"], json!([]));
}

#[tokio::test]
async fn sin_suscripcion_no_hay_detalle() {
    let mut entorno = Entorno::nuevo().await;
    let respuesta = entorno.obtener(&format!("/suscripciones/{ID}")).await;
    assert_eq!((respuesta.estado, respuesta.codigo().as_str()), (StatusCode::NOT_FOUND, "no_encontrado"));
    entorno.servicios.suscripciones.caer().await;
    let respuesta = entorno.obtener(&format!("/suscripciones/{ID}")).await;
    assert_eq!(respuesta.estado, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(respuesta.codigo(), "parte_no_disponible");
    assert_eq!(respuesta.json()["parte"], "suscripciones");
}

use crate::apoyo::{Broker, Entorno, anidado};
use axum::http::StatusCode;
use std::time::{Duration, Instant};

const CREAR: &str = "/suscripciones/suscripcion-comando";

#[tokio::test]
async fn con_el_broker_caido_se_niega_al_momento_y_sin_encolar() {
    let entorno = Entorno::nuevo().await;
    entorno.buzon.ponerse(Broker::Caido);
    let comienzo = Instant::now();
    let respuesta = entorno.publicar(CREAR, &anidado()).await;
    assert!(comienzo.elapsed() < Duration::from_secs(1));
    assert_eq!(respuesta.estado, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(respuesta.codigo(), "mensajeria_no_disponible");
    assert_eq!(respuesta.cabecera("retry-after"), "1");
    assert_eq!(entorno.buzon.mensajes(), vec![]);
}

#[tokio::test]
async fn un_topico_que_el_broker_no_admite_tambien_es_un_503() {
    let entorno = Entorno::nuevo().await;
    entorno.buzon.ponerse(Broker::Negado);
    let respuesta = entorno.publicar(CREAR, &anidado()).await;
    assert_eq!(respuesta.estado, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(respuesta.codigo(), "mensajeria_no_disponible");
}

#[tokio::test]
async fn sin_recibo_en_dos_segundos_el_resultado_es_desconocido_y_la_operacion_se_nombra() {
    let entorno = Entorno::nuevo().await;
    entorno.buzon.ponerse(Broker::Mudo);
    let comienzo = Instant::now();
    let respuesta = entorno.publicar_con_clave(CREAR, &anidado(), "intento-1").await;
    let tardanza = comienzo.elapsed();
    assert!((Duration::from_millis(1900)..Duration::from_secs(4)).contains(&tardanza), "{tardanza:?}");
    assert_eq!(respuesta.estado, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(respuesta.codigo(), "resultado_desconocido");
    assert_eq!(respuesta.cabecera("retry-after"), "1");
    let problema = respuesta.json();
    assert!(problema["detail"].as_str().is_some_and(|d| d.contains("repita con la misma Idempotency-Key")));

    entorno.buzon.ponerse(Broker::Sano);
    let repetida = entorno.publicar_con_clave(CREAR, &anidado(), "intento-1").await;
    assert_eq!(repetida.estado, StatusCode::ACCEPTED);
    assert_eq!(repetida.json()["operacion"], problema["operacion"]);
    assert_eq!(repetida.cabecera("location"), problema["enlaces"]["operacion"]);
}

#[tokio::test]
async fn sin_clave_no_se_invita_a_repetir_a_ciegas() {
    let entorno = Entorno::nuevo().await;
    entorno.buzon.ponerse(Broker::Mudo);
    let respuesta = entorno.publicar(CREAR, &anidado()).await;
    let detalle = respuesta.json()["detail"].as_str().map(str::to_owned).expect("a detail");
    assert!(detalle.contains("consulte la operación"), "{detalle}");
}

use crate::apoyo::{Entorno, Respuesta, anidado, leer, plano};
use axum::body::Body;
use axum::http::{Request, StatusCode};
use contratos::{ComandoCancelarSuscripcion, ComandoCrearSuscripcion, Mensaje};
use serde_json::json;
use std::time::Duration;

const CREAR: &str = "/suscripciones/suscripcion-comando";
const INICIAR: &str = "/sagas/iniciar-suscripcion-comando";
const CLAVE: &str = "intento-1";

/// The first request of a key, executed by its owner.
async fn aceptada_y_ejecutada(entorno: &Entorno) -> Respuesta {
    let primera = entorno.publicar_con_clave(CREAR, &anidado(), CLAVE).await;
    let cabecera = entorno.buzon.unico::<ComandoCrearSuscripcion>().cabecera;
    let huella = cabecera.huella.expect("a fingerprint");
    entorno.servicios.suscripciones.recordar_efecto(ComandoCrearSuscripcion::TIPO, cabecera.id, &huella);
    primera
}

#[tokio::test]
async fn la_misma_clave_con_la_misma_peticion_repite_la_respuesta() {
    let entorno = Entorno::nuevo().await;
    let primera = aceptada_y_ejecutada(&entorno).await;
    for cuerpo in [anidado(), plano()] {
        let segunda = entorno.publicar_con_clave(CREAR, &cuerpo, CLAVE).await;
        assert_eq!(segunda.estado, primera.estado);
        assert_eq!(segunda.texto, primera.texto);
        assert_eq!(segunda.cabecera("location"), primera.cabecera("location"));
        assert_eq!(segunda.cabecera("idempotent-replayed"), "true");
    }
    assert_eq!(primera.cabecera("idempotent-replayed"), "");
    assert_eq!(entorno.buzon.mensajes().len(), 1);
}

#[tokio::test]
async fn la_misma_clave_con_otra_peticion_se_rechaza() {
    let entorno = Entorno::nuevo().await;
    aceptada_y_ejecutada(&entorno).await;
    let mut otra = anidado();
    otra["cliente"]["usuario"] = json!("otro");
    let respuesta = entorno.publicar_con_clave(CREAR, &otra, CLAVE).await;
    assert_eq!(respuesta.estado, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(respuesta.codigo(), "idempotency_key_reused");
    assert_eq!(entorno.buzon.mensajes().len(), 1);
}

#[tokio::test]
async fn lo_aceptado_se_repite_aunque_el_plan_ya_no_se_venda() {
    let entorno = Entorno::nuevo().await;
    aceptada_y_ejecutada(&entorno).await;
    entorno.servicios.suscripciones.ofrecer_planes("\"v2\"", &["basico"]);
    let repetida = entorno.publicar_con_clave(CREAR, &anidado(), CLAVE).await;
    assert_eq!(repetida.estado, StatusCode::ACCEPTED);
}

#[tokio::test]
async fn mientras_nadie_la_ejecuto_sale_otra_vez_con_el_mismo_id() {
    let entorno = Entorno::nuevo().await;
    let primera = entorno.publicar_con_clave(CREAR, &anidado(), CLAVE).await;
    let segunda = entorno.publicar_con_clave(CREAR, &anidado(), CLAVE).await;
    assert_eq!(primera.texto, segunda.texto);
    let mensajes = entorno.buzon.mensajes();
    assert_eq!(mensajes[0].id, mensajes[1].id);
    let huellas: Vec<_> = mensajes.iter().map(|m| leer::<ComandoCrearSuscripcion>(m).cabecera.huella).collect();
    assert_eq!(huellas[0], huellas[1]);
}

#[tokio::test]
async fn sin_el_propietario_decide_el_efecto() {
    let mut entorno = Entorno::nuevo().await;
    aceptada_y_ejecutada(&entorno).await;
    entorno.servicios.suscripciones.caer().await;
    let respuesta = entorno.publicar_con_clave(CREAR, &anidado(), CLAVE).await;
    assert_eq!(respuesta.estado, StatusCode::ACCEPTED);
    assert_eq!(entorno.buzon.mensajes().len(), 2);
}

#[tokio::test]
async fn un_propietario_que_no_contesta_no_detiene_la_peticion() {
    let entorno = Entorno::nuevo().await;
    entorno.servicios.suscripciones.demorarse(Duration::from_secs(30));
    let cuerpo = json!({"id_suscripcion": "0190a6e4-2c1b-7000-8000-0000000000aa", "motivo": "fin"});
    let respuesta = entorno.publicar_con_clave("/suscripciones/cancelar-comando", &cuerpo, CLAVE).await;
    assert_eq!(respuesta.estado, StatusCode::ACCEPTED);
    entorno.buzon.unico::<ComandoCancelarSuscripcion>();
}

#[tokio::test]
async fn una_clave_vale_para_una_sola_ruta() {
    let entorno = Entorno::nuevo().await;
    entorno.publicar_con_clave(CREAR, &plano(), CLAVE).await;
    entorno.publicar_con_clave(INICIAR, &plano(), CLAVE).await;
    let mensajes = entorno.buzon.mensajes();
    assert_ne!(mensajes[0].id, mensajes[1].id);
    assert_eq!(mensajes[0].id, contratos::id_derivado(&["publico", CREAR, CLAVE]));
}

#[tokio::test]
async fn una_clave_mal_formada_se_rechaza_sin_publicar() {
    let entorno = Entorno::nuevo().await;
    for clave in [b"".to_vec(), b"con espacio".to_vec(), vec![b'x'; 256], "ñ".as_bytes().to_vec()] {
        let peticion = Request::post(CREAR).header("content-type", "application/json").header("idempotency-key", clave);
        let respuesta = entorno.pedir(peticion.body(Body::from(anidado().to_string())).expect("a request")).await;
        assert_eq!(respuesta.estado, StatusCode::BAD_REQUEST);
        assert_eq!(respuesta.codigo(), "idempotency_key_invalida");
    }
    let dos = [("idempotency-key", "una"), ("idempotency-key", "otra")];
    assert_eq!(entorno.publicar_con(CREAR, &anidado(), &dos).await.estado, StatusCode::BAD_REQUEST);
    assert_eq!(entorno.buzon.mensajes(), vec![]);
}

#[tokio::test]
async fn un_efecto_sin_huella_cuenta_como_la_misma_peticion() {
    let entorno = Entorno::nuevo().await;
    let id = contratos::id_derivado(&["publico", CREAR, CLAVE]);
    let ruta = format!("/interno/operaciones/{}/{id}", ComandoCrearSuscripcion::TIPO);
    entorno.servicios.suscripciones.guardar_json(&ruta, &json!({"estado": "hecho", "huella": null}));
    let respuesta = entorno.publicar_con_clave(CREAR, &anidado(), CLAVE).await;
    assert_eq!(respuesta.cabecera("idempotent-replayed"), "true");
}

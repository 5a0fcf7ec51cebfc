use crate::apoyo::{Entorno, IMAGEN_MAXIMA, Recibida};
use axum::body::{Body, Bytes};
use axum::http::{Request, StatusCode};
use contratos::{ComandoAnonimizarImagen, Mensaje};
use futures::stream;
use serde_json::{Value, json};
use std::convert::Infallible;
use std::time::Duration;
use uuid::Uuid;

const RUTA: &str = "/procesamiento/procesar-imagen";
const CLAVE: &str = "imagen-1";

fn datos() -> Value {
    json!({"id_imagen": "i-1", "modalidad": "CT", "fecha_ingesta": "2024-02-01 09:10:00"})
}

async fn entorno() -> Entorno {
    let entorno = Entorno::nuevo().await;
    entorno.servicios.procesamiento.guardar(RUTA, StatusCode::ACCEPTED, &[], "{}");
    entorno
}

fn recibida(entorno: &Entorno) -> Recibida {
    let recibidas = entorno.servicios.procesamiento.recibidas();
    recibidas.into_iter().rfind(|recibida| recibida.ruta == RUTA).expect("an upload")
}

fn cabecera<'a>(recibida: &'a Recibida, nombre: &str) -> &'a str {
    recibida.cabeceras.get(nombre).and_then(|valor| valor.to_str().ok()).unwrap_or("")
}

fn dicom(cuerpo: Body) -> Request<Body> {
    Request::post(RUTA).header("content-type", "application/dicom").body(cuerpo).expect("a request")
}

#[tokio::test]
async fn los_datos_de_una_imagen_llegan_con_su_operacion_y_su_huella() {
    let entorno = entorno().await;
    let respuesta = entorno.publicar(RUTA, &datos()).await;
    assert_eq!(respuesta.estado, StatusCode::ACCEPTED);
    let recibida = recibida(&entorno);
    let id = cabecera(&recibida, "x-operacion-id");
    assert!(
        respuesta.cabecera("location").starts_with(&format!("/operaciones/{}.{id}.", ComandoAnonimizarImagen::TIPO))
    );
    assert_eq!(cabecera(&recibida, "x-huella"), contratos::huella(&datos()));
    assert_eq!((cabecera(&recibida, "x-actor"), cabecera(&recibida, "content-type")), ("anonimo", "application/json"));
    assert!(!cabecera(&recibida, "traceparent").is_empty());
    assert_eq!(serde_json::from_slice::<Value>(&recibida.cuerpo).expect("json"), datos());
    assert_eq!(entorno.buzon.mensajes(), vec![]);
}

#[tokio::test]
async fn los_bytes_de_una_imagen_pasan_enteros() {
    let entorno = entorno().await;
    let bytes = vec![0xA5; IMAGEN_MAXIMA];
    let trozos: Vec<Result<Bytes, Infallible>> = bytes.chunks(10_000).map(|t| Ok(Bytes::copy_from_slice(t))).collect();
    let respuesta = entorno.pedir(dicom(Body::from_stream(stream::iter(trozos)))).await;
    assert_eq!(respuesta.estado, StatusCode::ACCEPTED);
    let recibida = recibida(&entorno);
    assert_eq!(recibida.cuerpo, bytes);
    assert_eq!((cabecera(&recibida, "content-type"), cabecera(&recibida, "x-huella")), ("application/dicom", ""));
}

#[tokio::test]
async fn una_imagen_demasiado_grande_se_corta_la_declare_o_no() {
    let entorno = entorno().await;
    let bytes = vec![0; IMAGEN_MAXIMA + 1];
    let declarada = Request::post(RUTA)
        .header("content-type", "application/dicom")
        .header("content-length", bytes.len())
        .body(Body::from(bytes.clone()))
        .expect("a request");
    let trozos = vec![Ok::<_, Infallible>(Bytes::from(bytes))];
    for peticion in [declarada, dicom(Body::from_stream(stream::iter(trozos)))] {
        let respuesta = entorno.pedir(peticion).await;
        assert_eq!(respuesta.estado, StatusCode::PAYLOAD_TOO_LARGE);
        assert_eq!(respuesta.codigo(), "cuerpo_demasiado_grande");
    }
}

#[tokio::test]
async fn la_misma_clave_con_los_mismos_datos_repite_la_respuesta() {
    let entorno = entorno().await;
    let primera = entorno.publicar_con_clave(RUTA, &datos(), CLAVE).await;
    let subida = recibida(&entorno);
    let id = cabecera(&subida, "x-operacion-id").parse::<Uuid>().expect("a uuid");
    assert_eq!(id, contratos::id_derivado(&["publico", RUTA, CLAVE]));
    let huella = contratos::huella(&datos());
    entorno.servicios.procesamiento.recordar_efecto(ComandoAnonimizarImagen::TIPO, id, &huella);

    let segunda = entorno.publicar_con_clave(RUTA, &datos(), CLAVE).await;
    assert_eq!((segunda.estado, &segunda.texto), (primera.estado, &primera.texto));
    assert_eq!(segunda.cabecera("idempotent-replayed"), "true");

    let otra = entorno.publicar_con_clave(RUTA, &json!({"id_imagen": "i-2"}), CLAVE).await;
    assert_eq!((otra.estado, otra.codigo().as_str()), (StatusCode::UNPROCESSABLE_ENTITY, "idempotency_key_reused"));
}

#[tokio::test]
async fn lo_que_procesamiento_rechaza_vuelve_como_lo_dijo() {
    let entorno = Entorno::nuevo().await;
    let problema = json!({"code": "campos_invalidos", "status": 422, "title": "x"}).to_string();
    let cabeceras = [("content-type", "application/problem+json")];
    entorno.servicios.procesamiento.guardar(RUTA, StatusCode::UNPROCESSABLE_ENTITY, &cabeceras, problema.clone());
    let respuesta = entorno.publicar(RUTA, &datos()).await;
    assert_eq!((respuesta.estado, respuesta.texto), (StatusCode::UNPROCESSABLE_ENTITY, problema));
}

#[tokio::test]
async fn una_repeticion_que_reconoce_procesamiento_se_anuncia() {
    let entorno = Entorno::nuevo().await;
    entorno.servicios.procesamiento.guardar(RUTA, StatusCode::ACCEPTED, &[("idempotent-replayed", "true")], "{}");
    let respuesta = entorno.pedir(dicom(Body::from("DICM"))).await;
    assert_eq!(respuesta.cabecera("idempotent-replayed"), "true");
}

#[tokio::test]
async fn sin_procesamiento_no_se_acepta_nada() {
    let mut entorno = entorno().await;
    entorno.servicios.procesamiento.caer().await;
    let respuesta = entorno.publicar(RUTA, &datos()).await;
    assert_eq!(respuesta.estado, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(respuesta.codigo(), "parte_no_disponible");
    assert_eq!(respuesta.json()["parte"], "procesamiento");
}

#[tokio::test]
async fn sin_respuesta_a_tiempo_el_resultado_es_desconocido() {
    let entorno = entorno().await;
    entorno.servicios.procesamiento.demorarse(Duration::from_secs(30));
    let respuesta = entorno.pedir(dicom(Body::from("DICM"))).await;
    assert_eq!(respuesta.estado, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(respuesta.codigo(), "resultado_desconocido");
    assert!(respuesta.json()["operacion"].as_str().is_some_and(|o| o.starts_with(ComandoAnonimizarImagen::TIPO)));
}

#[tokio::test]
async fn un_envio_de_stow_pasa_entero_y_su_respuesta_nombra_la_operacion() {
    let entorno = Entorno::nuevo().await;
    let (ruta, tipo) = ("/dicomweb/studies/1.2.3", "multipart/related; type=\"application/dicom\"; boundary=b");
    let conjunto = json!({"00081190": {"vr": "UR"}}).to_string();
    let cabeceras = [("content-type", "application/dicom+json")];
    entorno.servicios.procesamiento.guardar(ruta, StatusCode::OK, &cabeceras, conjunto.clone());
    let peticion = Request::post(ruta).header("content-type", tipo).header("idempotency-key", CLAVE);

    let respuesta = entorno.pedir(peticion.body(Body::from("--b--")).expect("a request")).await;

    assert_eq!((respuesta.estado, &respuesta.texto), (StatusCode::OK, &conjunto));
    assert_eq!(respuesta.cabecera("content-type"), "application/dicom+json");
    let subida = entorno.servicios.procesamiento.recibidas().into_iter().rfind(|r| r.ruta == ruta).expect("an upload");
    assert_eq!((cabecera(&subida, "content-type"), &subida.cuerpo[..]), (tipo, &b"--b--"[..]));
    let id = cabecera(&subida, "x-operacion-id");
    let lugar = format!("/operaciones/{}.{id}.", ComandoAnonimizarImagen::TIPO);
    assert!(respuesta.cabecera("location").starts_with(&lugar));
}

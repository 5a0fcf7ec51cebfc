use crate::apoyo::{Entorno, Servicio};
use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use serde_json::json;
use std::time::{Duration, Instant};

const ID: &str = "0190a6e4-2c1b-7000-8000-0000000000aa";

/// Each route as a client calls it, who must receive it, and as what.
const LECTURAS: &[(&str, Quien, &str)] = &[
    ("/planes", Quien::Suscripciones, "/planes"),
    ("/suscripciones?estado=activa&cursor=x", Quien::Suscripciones, "/suscripciones?estado=activa&cursor=x"),
    ("/suscripciones/suscripcion-query/{id}", Quien::Suscripciones, "/suscripciones/{id}"),
    ("/sagas?limite=5", Quien::Suscripciones, "/sagas?limite=5"),
    ("/sagas/{id}", Quien::Suscripciones, "/sagas/{id}"),
    ("/auditoria/consistencia", Quien::Suscripciones, "/auditoria/consistencia"),
    ("/admin/mandos?actor=ana", Quien::Suscripciones, "/admin/mandos?actor=ana"),
    ("/admin/mandos/lotes/{id}", Quien::Suscripciones, "/admin/mandos/lotes/{id}"),
    ("/admin/planes/pro", Quien::Suscripciones, "/admin/planes/pro"),
    ("/admin/definiciones?estado=activa", Quien::Suscripciones, "/admin/definiciones?estado=activa"),
    ("/admin/definiciones/flujo-x/3", Quien::Suscripciones, "/admin/definiciones/flujo-x/3"),
    ("/admin/flujos", Quien::Suscripciones, "/admin/flujos"),
    ("/admin/clientes/0001/condiciones", Quien::Suscripciones, "/admin/clientes/0001/condiciones"),
    ("/serviciosdatos", Quien::ServicioDatos, "/serviciosdatos"),
    ("/serviciosdatos/{id}", Quien::ServicioDatos, "/serviciosdatos/{id}"),
    ("/serviciodatos/serviciodatos-query/{id}", Quien::ServicioDatos, "/serviciosdatos/{id}"),
    ("/admin/nubes?limite=5", Quien::ServicioDatos, "/admin/nubes?limite=5"),
    ("/admin/datasets", Quien::ServicioDatos, "/admin/datasets"),
    ("/admin/expertos", Quien::ServicioDatos, "/admin/expertos"),
    ("/admin/nubes/aws", Quien::ServicioDatos, "/admin/nubes/aws"),
    ("/admin/datasets/torax", Quien::ServicioDatos, "/admin/datasets/torax"),
    ("/admin/expertos/exp-1", Quien::ServicioDatos, "/admin/expertos/exp-1"),
    ("/notificaciones", Quien::Notificaciones, "/notificaciones"),
    ("/notificaciones/{id}", Quien::Notificaciones, "/notificaciones/{id}"),
    ("/anonimizado", Quien::Procesamiento, "/anonimizado"),
    ("/anonimizado/{id}", Quien::Procesamiento, "/anonimizado/{id}"),
    ("/admin/suscripciones/cartas-muertas?estado=muerta", Quien::Suscripciones, "/admin/cartas-muertas?estado=muerta"),
    ("/admin/servicio-datos/cartas-muertas", Quien::ServicioDatos, "/admin/cartas-muertas"),
    ("/admin/procesamiento/cartas-muertas/{id}", Quien::Procesamiento, "/admin/cartas-muertas/{id}"),
    ("/admin/notificaciones/cartas-muertas/{id}", Quien::Notificaciones, "/admin/cartas-muertas/{id}"),
];

#[derive(Clone, Copy)]
enum Quien {
    Suscripciones,
    ServicioDatos,
    Procesamiento,
    Notificaciones,
}

impl Quien {
    fn de(self, entorno: &Entorno) -> &Servicio {
        match self {
            Self::Suscripciones => &entorno.servicios.suscripciones,
            Self::ServicioDatos => &entorno.servicios.servicio_datos,
            Self::Procesamiento => &entorno.servicios.procesamiento,
            Self::Notificaciones => &entorno.servicios.notificaciones,
        }
    }
}

fn con_id(plantilla: &str) -> String {
    plantilla.replace("{id}", ID)
}

fn peticion(metodo: Method, ruta: &str, cuerpo: &str) -> Request<Body> {
    let peticion = Request::builder().method(metodo).uri(ruta).header("content-type", "application/json");
    peticion.body(Body::from(cuerpo.to_owned())).expect("a request")
}

#[tokio::test]
async fn cada_consulta_llega_a_su_servicio_y_vuelve_como_es() {
    let entorno = Entorno::nuevo().await;
    for (ruta, quien, destino) in LECTURAS {
        let (ruta, destino) = (con_id(ruta), con_id(destino));
        let cuerpo = json!({"de": destino});
        quien.de(&entorno).guardar_json(&destino, &cuerpo);
        let respuesta = entorno.obtener(&ruta).await;
        assert_eq!((respuesta.estado, respuesta.json()), (StatusCode::OK, cuerpo), "{ruta}");
    }
}

#[tokio::test]
async fn una_orden_de_administracion_lleva_su_cuerpo() {
    let entorno = Entorno::nuevo().await;
    let casos = [
        (Method::PUT, "/admin/planes/pro", Quien::Suscripciones, "/admin/planes/pro"),
        (Method::POST, "/sagas/mandos", Quien::Suscripciones, "/sagas/mandos"),
        (Method::POST, "/sagas/{id}/mandos?simulacro=true", Quien::Suscripciones, "/sagas/{id}/mandos?simulacro=true"),
        (Method::POST, "/admin/definiciones", Quien::Suscripciones, "/admin/definiciones"),
        (
            Method::POST,
            "/admin/definiciones/flujo-x/3/activar",
            Quien::Suscripciones,
            "/admin/definiciones/flujo-x/3/activar",
        ),
        (Method::PUT, "/admin/clientes/0001/condiciones", Quien::Suscripciones, "/admin/clientes/0001/condiciones"),
        (Method::PUT, "/admin/nubes/aws", Quien::ServicioDatos, "/admin/nubes/aws"),
        (Method::PUT, "/admin/datasets/torax", Quien::ServicioDatos, "/admin/datasets/torax"),
        (Method::PUT, "/admin/expertos/exp-1", Quien::ServicioDatos, "/admin/expertos/exp-1"),
        (
            Method::POST,
            "/admin/notificaciones/cartas-muertas/{id}/descartar",
            Quien::Notificaciones,
            "/admin/cartas-muertas/{id}/descartar",
        ),
        (
            Method::POST,
            "/admin/procesamiento/cartas-muertas/reenviar",
            Quien::Procesamiento,
            "/admin/cartas-muertas/reenviar",
        ),
    ];
    for (metodo, ruta, quien, destino) in casos {
        quien.de(&entorno).guardar(&con_id(destino), StatusCode::NO_CONTENT, &[], "");
        let respuesta = entorno.pedir(peticion(metodo.clone(), &con_id(ruta), "{\"a\":1}")).await;
        assert_eq!(respuesta.estado, StatusCode::NO_CONTENT, "{ruta}");
        let recibida = quien.de(&entorno).recibidas().pop().expect("a request");
        assert_eq!((recibida.metodo, &recibida.cuerpo[..]), (metodo, &b"{\"a\":1}"[..]));
    }
}

#[tokio::test]
async fn un_problema_del_servicio_pasa_sin_cambios() {
    let entorno = Entorno::nuevo().await;
    let problema = "{\"code\":\"cursor_invalido\",\"status\":400,\"title\":\"x\",\"request_id\":\"otra\"}";
    let cabeceras = [("content-type", "application/problem+json"), ("retry-after", "7")];
    entorno.servicios.suscripciones.guardar("/sagas?cursor=z", StatusCode::BAD_REQUEST, &cabeceras, problema);
    let respuesta = entorno.obtener("/sagas?cursor=z").await;
    assert_eq!((respuesta.estado, respuesta.texto.as_str()), (StatusCode::BAD_REQUEST, problema));
    assert_eq!(respuesta.cabecera("content-type"), "application/problem+json");
    assert_eq!(respuesta.cabecera("retry-after"), "7");
}

#[tokio::test]
async fn un_id_que_no_es_uuid_no_llega_a_ningun_servicio() {
    let entorno = Entorno::nuevo().await;
    let con_codigo = ["/admin/planes/..%2Fexpertos", "/admin/nubes/a%20b", "/admin/expertos/%2e%2e"];
    let con_id = LECTURAS.iter().filter(|(ruta, ..)| ruta.contains("{id}")).map(|(ruta, ..)| ruta.replace("{id}", "7"));
    let sueltas = ["/suscripciones/7", "/sagas/7/eventos"].into_iter().chain(con_codigo).map(str::to_owned);
    for ruta in con_id.chain(sueltas) {
        let respuesta = entorno.obtener(&ruta).await;
        assert_eq!((respuesta.estado, respuesta.codigo().as_str()), (StatusCode::NOT_FOUND, "no_encontrado"), "{ruta}");
    }
    for quien in [Quien::Suscripciones, Quien::ServicioDatos, Quien::Procesamiento, Quien::Notificaciones] {
        assert!(quien.de(&entorno).recibidas().is_empty());
    }
}

#[tokio::test]
async fn un_servicio_caido_se_nombra() {
    let mut entorno = Entorno::nuevo().await;
    entorno.servicios.procesamiento.caer().await;
    let respuesta = entorno.obtener("/anonimizado").await;
    assert_eq!(respuesta.estado, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(respuesta.codigo(), "parte_no_disponible");
    assert_eq!(respuesta.json()["parte"], "procesamiento");
    assert_eq!(respuesta.cabecera("retry-after"), "1");
}

#[tokio::test]
async fn un_servicio_que_no_contesta_se_abandona_a_los_dos_segundos() {
    let entorno = Entorno::nuevo().await;
    entorno.servicios.servicio_datos.demorarse(Duration::from_secs(30));
    let comienzo = Instant::now();
    let respuesta = entorno.obtener("/serviciosdatos").await;
    assert_eq!(respuesta.estado, StatusCode::SERVICE_UNAVAILABLE);
    assert!(comienzo.elapsed() < Duration::from_secs(4));
}

#[tokio::test]
async fn los_planes_conservan_su_etiqueta() {
    let entorno = Entorno::nuevo().await;
    let respuesta = entorno.obtener("/planes").await;
    assert_eq!(respuesta.cabecera("etag"), "\"v1\"");
    let condicional = Request::get("/planes").header("if-none-match", "\"v1\"").body(Body::empty());
    assert_eq!(entorno.pedir(condicional.expect("a request")).await.estado, StatusCode::NOT_MODIFIED);
}

#[tokio::test]
async fn el_servicio_sabe_quien_pregunta_y_no_por_boca_del_cliente() {
    let entorno = Entorno::nuevo().await;
    let traza = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let peticion = Request::get("/sagas")
        .header("x-actor", "otro")
        .header("x-inquilino", "otro")
        .header("cookie", "secreta")
        .header("x-request-id", "peticion-1")
        .header("traceparent", traza);
    entorno.pedir(peticion.body(Body::empty()).expect("a request")).await;
    let recibida = entorno.servicios.suscripciones.recibidas().pop().expect("a request");
    let cabecera = |nombre: &str| recibida.cabeceras.get(nombre).and_then(|v| v.to_str().ok()).unwrap_or("");
    assert_eq!((cabecera("x-actor"), cabecera("x-inquilino")), ("anonimo", "publico"));
    assert_eq!((cabecera("x-request-id"), cabecera("cookie")), ("peticion-1", ""));
    assert_eq!(cabecera("traceparent")[..36], traza[..36]);
}

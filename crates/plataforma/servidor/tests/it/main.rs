//! The chassis as a client sees it.

mod campos;
mod escucha;
mod paginas;
mod peticiones;
mod salud;

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{HeaderMap, Method, Request, StatusCode, header},
};
use serde_json::Value;
use tower::ServiceExt;

struct Respuesta {
    estado: StatusCode,
    cabeceras: HeaderMap,
    cuerpo: Value,
}

impl Respuesta {
    fn cabecera(&self, nombre: &str) -> &str {
        let valor = self.cabeceras.get(nombre).expect("the header is present");
        valor.to_str().expect("the header is text")
    }

    fn es_problema(&self, estado: u16, codigo: &str) {
        assert_eq!(self.cabecera("content-type"), "application/problem+json");
        assert_eq!(self.cuerpo["code"], codigo);
        assert_eq!(self.cuerpo["status"], estado);
        assert_eq!(self.estado, estado);
        assert_eq!(self.cuerpo["request_id"], self.cabecera("x-request-id"));
    }
}

async fn pedir(router: &Router, peticion: Request<Body>) -> Respuesta {
    let respuesta = router.clone().oneshot(peticion).await.expect("infallible");
    let (partes, cuerpo) = respuesta.into_parts();
    let bytes = to_bytes(cuerpo, usize::MAX).await.expect("the body ends");
    Respuesta {
        estado: partes.status,
        cabeceras: partes.headers,
        cuerpo: serde_json::from_slice(&bytes).unwrap_or(Value::Null),
    }
}

fn peticion(metodo: Method, ruta: &str) -> Request<Body> {
    let constructor = Request::builder().method(metodo).uri(ruta);
    constructor.body(Body::empty()).expect("a request")
}

fn con_json(ruta: &str, cuerpo: &str) -> Request<Body> {
    Request::post(ruta)
        .header(header::CONTENT_TYPE, "application/json; charset=utf-8")
        .body(Body::from(cuerpo.to_owned()))
        .expect("a request")
}

//! Outermost layer: names the request, logs and counts it, and completes error answers.

use std::time::Instant;

use axum::{
    body::Body,
    extract::{MatchedPath, Request},
    http::{HeaderMap, HeaderValue, Method, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use tracing::Instrument;

use crate::{
    IdPeticion, Problema, Traza,
    identificadores::{ID_PETICION, TRACEPARENT},
};

const SIN_RUTA: &str = "(sin ruta)";

pub(crate) async fn identificar(mut peticion: Request, sigue: Next) -> Response {
    let id = IdPeticion::de(peticion.headers());
    let traza = Traza::de(peticion.headers());
    let metodo = nombre_de(peticion.method());
    let ruta =
        peticion.extensions().get::<MatchedPath>().map_or_else(|| SIN_RUTA.to_owned(), |ruta| ruta.as_str().to_owned());
    peticion.extensions_mut().insert(id.clone());
    peticion.extensions_mut().insert(traza.clone());
    let tramo = tracing::info_span!("peticion", id = %id.0, traza = %traza.0, metodo, %ruta);

    let comienzo = Instant::now();
    let mut respuesta = completar(sigue.run(peticion).instrument(tramo.clone()).await, &id);
    poner(respuesta.headers_mut(), ID_PETICION, &id.0);
    poner(respuesta.headers_mut(), TRACEPARENT, &traza.0);

    let duracion = comienzo.elapsed();
    let estado = respuesta.status().as_u16();
    tramo.in_scope(|| {
        tracing::info!(estado, microsegundos = duracion.as_micros(), "request served");
    });
    let etiquetas = [("metodo", metodo.to_owned()), ("ruta", ruta), ("estado", estado.to_string())];
    metrics::counter!("http_peticiones_total", &etiquetas).increment(1);
    metrics::histogram!("http_peticion_segundos", &etiquetas).record(duracion);
    respuesta
}

/// Turns each error answer into a problem that carries the request's id.
fn completar(respuesta: Response, id: &IdPeticion) -> Response {
    if let Some(problema) = respuesta.extensions().get::<Problema>() {
        let cuerpo = problema.cuerpo(Some(&id.0));
        return con_cuerpo(respuesta, cuerpo);
    }
    let estado = respuesta.status();
    if !(estado.is_client_error() || estado.is_server_error()) || tiene_json(respuesta.headers()) {
        return respuesta;
    }
    let problema = Problema::de_estado(estado);
    let cuerpo = problema.cuerpo(Some(&id.0));
    let mut generica = con_cuerpo(problema.into_response(), cuerpo);
    for (nombre, valor) in respuesta.headers() {
        let propia = *nombre == header::CONTENT_TYPE || *nombre == header::CONTENT_LENGTH;
        if !propia {
            generica.headers_mut().append(nombre, valor.clone());
        }
    }
    generica
}

fn con_cuerpo(respuesta: Response, cuerpo: String) -> Response {
    let (mut partes, _) = respuesta.into_parts();
    partes.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(partes, Body::from(cuerpo))
}

fn tiene_json(cabeceras: &HeaderMap) -> bool {
    cabeceras.get(header::CONTENT_TYPE).and_then(|valor| valor.to_str().ok()).is_some_and(|tipo| tipo.contains("json"))
}

fn poner(cabeceras: &mut HeaderMap, nombre: header::HeaderName, valor: &str) {
    if let Ok(valor) = HeaderValue::from_str(valor) {
        cabeceras.insert(nombre, valor);
    }
}

// Any text is a method: an open set would let a client grow the metrics without end.
fn nombre_de(metodo: &Method) -> &'static str {
    match *metodo {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "OTRO",
    }
}

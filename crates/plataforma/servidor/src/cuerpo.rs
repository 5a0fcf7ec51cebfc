use axum::{
    body::Bytes,
    extract::{FromRequest, Request},
    http::{HeaderMap, StatusCode, header},
};
use serde_json::Value;

use crate::Problema;

/// Extractor of a body that is one JSON object, whatever its members.
///
/// Answers 415 for another content type, 413 past the body limit, 400 for what is not JSON or not an object.
#[derive(Clone, Debug)]
pub struct Cuerpo(pub Value);

impl<S: Send + Sync> FromRequest<S> for Cuerpo {
    type Rejection = Problema;

    async fn from_request(peticion: Request, estado: &S) -> Result<Self, Problema> {
        if !es_json(peticion.headers()) {
            return Err(Problema::de_estado(StatusCode::UNSUPPORTED_MEDIA_TYPE)
                .detalle("Se espera Content-Type: application/json."));
        }
        let bytes =
            Bytes::from_request(peticion, estado).await.map_err(|rechazo| Problema::de_estado(rechazo.status()))?;
        let valor = serde_json::from_slice::<Value>(&bytes).map_err(|e| json_invalido(&e))?;
        if !valor.is_object() {
            return Err(Problema::nuevo(StatusCode::BAD_REQUEST, "json_invalido", "El cuerpo debe ser un objeto JSON"));
        }
        Ok(Self(valor))
    }
}

fn es_json(cabeceras: &HeaderMap) -> bool {
    let tipo = cabeceras
        .get(header::CONTENT_TYPE)
        .and_then(|valor| valor.to_str().ok())
        .and_then(|valor| valor.split(';').next())
        .map(|valor| valor.trim().to_ascii_lowercase());
    tipo.is_some_and(|tipo| tipo == "application/json" || (tipo.starts_with("application/") && tipo.ends_with("+json")))
}

// The parser's message stays out: it may quote the body.
fn json_invalido(error: &serde_json::Error) -> Problema {
    Problema::nuevo(StatusCode::BAD_REQUEST, "json_invalido", "El cuerpo no es JSON válido").detalle(format!(
        "Error de sintaxis en la línea {}, columna {}.",
        error.line(),
        error.column()
    ))
}

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, HeaderName, request::Parts},
};
use telemetria::traza_entrante;
use uuid::Uuid;

use crate::Problema;

pub(crate) const ID_PETICION: HeaderName = HeaderName::from_static("x-request-id");
pub(crate) const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
const MAXIMO_ID: usize = 128;

/// The id of a request: the client's `X-Request-Id` when it is usable, else a new one. Also an extractor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdPeticion(pub String);

/// This request's place in its trace, as a `traceparent`. Also an extractor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Traza(pub String);

impl IdPeticion {
    pub(crate) fn de(cabeceras: &HeaderMap) -> Self {
        let recibido = texto(cabeceras, &ID_PETICION).filter(|id| es_usable(id));
        Self(recibido.map_or_else(id_nuevo, str::to_owned))
    }
}

impl Traza {
    pub(crate) fn de(cabeceras: &HeaderMap) -> Self {
        Self(traza_entrante(texto(cabeceras, &TRACEPARENT)))
    }
}

// Ids end up in logs and headers, so only what cannot break a line is taken over.
fn es_usable(id: &str) -> bool {
    let admitido = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b':');
    !id.is_empty() && id.len() <= MAXIMO_ID && id.bytes().all(admitido)
}

#[expect(clippy::disallowed_methods, reason = "a request id names an HTTP exchange, it is never domain data")]
fn id_nuevo() -> String {
    Uuid::now_v7().to_string()
}

fn texto<'a>(cabeceras: &'a HeaderMap, nombre: &HeaderName) -> Option<&'a str> {
    cabeceras.get(nombre).and_then(|valor| valor.to_str().ok())
}

impl<S: Send + Sync> FromRequestParts<S> for IdPeticion {
    type Rejection = Problema;

    async fn from_request_parts(partes: &mut Parts, _: &S) -> Result<Self, Problema> {
        Ok(partes.extensions.get::<Self>().cloned().unwrap_or_else(|| Self::de(&partes.headers)))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Traza {
    type Rejection = Problema;

    async fn from_request_parts(partes: &mut Parts, _: &S) -> Result<Self, Problema> {
        Ok(partes.extensions.get::<Self>().cloned().unwrap_or_else(|| Self::de(&partes.headers)))
    }
}

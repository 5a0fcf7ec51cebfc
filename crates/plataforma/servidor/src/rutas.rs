use axum::{
    extract::{FromRequestParts, Path},
    http::request::Parts,
};
use uuid::Uuid;

use crate::Problema;

/// Extractor of the only parameter of a route, a uuid; anything else is a resource that does not exist (404).
#[derive(Clone, Copy, Debug)]
pub struct IdRuta(pub Uuid);

impl<S: Send + Sync> FromRequestParts<S> for IdRuta {
    type Rejection = Problema;

    async fn from_request_parts(partes: &mut Parts, estado: &S) -> Result<Self, Problema> {
        Path::<Uuid>::from_request_parts(partes, estado)
            .await
            .map(|Path(id)| Self(id))
            .map_err(|_| Problema::no_encontrado("el recurso"))
    }
}

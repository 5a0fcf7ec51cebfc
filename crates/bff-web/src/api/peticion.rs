use super::problemas;
use crate::dominio::{Actor, ClaveIdempotencia, Contexto, Inquilino, Repetibilidad};
use axum::extract::{FromRequestParts, MatchedPath};
use axum::http::request::Parts;
use servidor::{IdPeticion, Problema, Traza};
use uuid::Uuid;

const CLAVE: &str = "idempotency-key";

/// Extractor of who asks and where the request belongs in logs and traces.
pub struct Solicitante(pub Contexto);

impl<S: Send + Sync> FromRequestParts<S> for Solicitante {
    type Rejection = Problema;

    async fn from_request_parts(partes: &mut Parts, estado: &S) -> Result<Self, Problema> {
        let IdPeticion(peticion) = IdPeticion::from_request_parts(partes, estado).await?;
        let Traza(traza) = Traza::from_request_parts(partes, estado).await?;
        Ok(Self(Contexto { inquilino: Inquilino::publico(), actor: Actor::anonimo(), traza, peticion }))
    }
}

/// Extractor of the identity of a command: new, or the same for every use of one `Idempotency-Key`.
pub struct Identificacion {
    pub id: Uuid,
    pub repetibilidad: Repetibilidad,
    pub contexto: Contexto,
}

impl<S: Send + Sync> FromRequestParts<S> for Identificacion {
    type Rejection = Problema;

    async fn from_request_parts(partes: &mut Parts, estado: &S) -> Result<Self, Problema> {
        let Solicitante(contexto) = Solicitante::from_request_parts(partes, estado).await?;
        let (id, repetibilidad) = match clave(partes)? {
            None => (contratos::id_nuevo(), Repetibilidad::Unica),
            Some(clave) => (derivado(partes, &contexto, &clave), Repetibilidad::PorClave),
        };
        Ok(Self { id, repetibilidad, contexto })
    }
}

fn derivado(partes: &Parts, contexto: &Contexto, clave: &ClaveIdempotencia) -> Uuid {
    let ruta = partes.extensions.get::<MatchedPath>().map_or("", MatchedPath::as_str);
    contratos::id_derivado(&[contexto.inquilino.as_str(), ruta, clave.as_str()])
}

/// Two keys in one request leave open which one counts, so they are refused like a malformed one.
fn clave(partes: &Parts) -> Result<Option<ClaveIdempotencia>, Problema> {
    let mut valores = partes.headers.get_all(CLAVE).iter();
    match (valores.next(), valores.next()) {
        (None, _) => Ok(None),
        (Some(valor), None) => {
            ClaveIdempotencia::try_from(valor.as_bytes()).map(Some).map_err(|_| problemas::clave_invalida())
        }
        (Some(_), Some(_)) => Err(problemas::clave_invalida()),
    }
}

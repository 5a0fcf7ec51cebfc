use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, RawPathParams, RawQuery, Request};
use axum::http::{HeaderMap, HeaderName, Method, header};
use axum::response::{IntoResponse, Response};

const ULTIMO_EVENTO: HeaderName = HeaderName::from_static("last-event-id");

/// Who gives an order, as an operator says it.
const OPERADOR: HeaderName = HeaderName::from_static("x-operador");

/// What a caller may say to the service behind the route.
const DE_IDA: [HeaderName; 6] =
    [header::ACCEPT, header::CONTENT_TYPE, header::IF_MATCH, header::IF_NONE_MATCH, ULTIMO_EVENTO, OPERADOR];

/// Extractor of everything in a request that goes on to a service.
pub struct Entrada {
    pub metodo: Method,
    pub parametros: RawPathParams,
    pub consulta: Option<String>,
    pub cabeceras: HeaderMap,
    pub cuerpo: Bytes,
}

impl<S: Send + Sync> FromRequest<S> for Entrada {
    type Rejection = Response;

    async fn from_request(peticion: Request, estado: &S) -> Result<Self, Response> {
        let (mut partes, cuerpo) = peticion.into_parts();
        let parametros = RawPathParams::from_request_parts(&mut partes, estado).await;
        let parametros = parametros.map_err(IntoResponse::into_response)?;
        let RawQuery(consulta) =
            RawQuery::from_request_parts(&mut partes, estado).await.map_err(IntoResponse::into_response)?;
        let (metodo, cabeceras) = (partes.method.clone(), elegir(&partes.headers, &DE_IDA));
        let cuerpo = Bytes::from_request(Request::from_parts(partes, cuerpo), estado).await;
        let cuerpo = cuerpo.map_err(IntoResponse::into_response)?;
        Ok(Self { metodo, parametros, consulta, cabeceras, cuerpo })
    }
}

/// The headers of a list that are there.
pub fn elegir(cabeceras: &HeaderMap, nombres: &[HeaderName]) -> HeaderMap {
    nombres.iter().filter_map(|nombre| Some((nombre.clone(), cabeceras.get(nombre)?.clone()))).collect()
}

use super::ajustes::AjustesServicios;
use crate::aplicacion::ErrorParte;
use crate::dominio::{Contexto, Parte};
use axum::body::Bytes;
use axum::http::{HeaderMap, HeaderName, Method, StatusCode};
use reqwest::{Client, RequestBuilder, Url};
use std::time::Duration;

const PLAZO_DE_CONEXION: Duration = Duration::from_millis(500);
/// Shorter than the services keep an idle connection, so that none is reused as it closes.
const OCIO_MAXIMO: Duration = Duration::from_secs(5);
const PLAZO_TOTAL: Duration = Duration::from_secs(2);
/// For what a service does while an operator waits.
pub const PLAZO_DE_ENCARGO: Duration = Duration::from_secs(30);
const RESPUESTA_MAXIMA: usize = 8 * 1024 * 1024;

const ACTOR: HeaderName = HeaderName::from_static("x-actor");
const INQUILINO: HeaderName = HeaderName::from_static("x-inquilino");
const PETICION: HeaderName = HeaderName::from_static("x-request-id");
const TRAZA: HeaderName = HeaderName::from_static("traceparent");

#[derive(Debug, thiserror::Error)]
pub enum ErrorServicios {
    #[error("the address {0} of a service is not an http url without path")]
    Direccion(String),
    #[error("the http client could not be built")]
    Cliente(#[source] reqwest::Error),
}

#[derive(Debug, thiserror::Error)]
enum ErrorLlamada {
    #[error("the call failed")]
    Transporte(#[source] reqwest::Error),
    #[error("no answer within {PLAZO_TOTAL:?}")]
    SinRespuesta(#[from] tokio::time::error::Elapsed),
    #[error("the answer is larger than {RESPUESTA_MAXIMA} bytes")]
    Excesiva,
}

/// The address stays out of the error: its query is the caller's, and errors end up in the log.
impl From<reqwest::Error> for ErrorLlamada {
    fn from(error: reqwest::Error) -> Self {
        Self::Transporte(error.without_url())
    }
}

/// One request to a service.
pub struct Llamada<'a> {
    pub parte: Parte,
    pub metodo: Method,
    /// Path and query, already escaped.
    pub ruta: &'a str,
    pub cabeceras: HeaderMap,
    pub cuerpo: Bytes,
}

impl<'a> Llamada<'a> {
    /// A read without conditions.
    pub fn leer(parte: Parte, ruta: &'a str) -> Self {
        Self { parte, metodo: Method::GET, ruta, cabeceras: HeaderMap::new(), cuerpo: Bytes::new() }
    }
}

/// A whole answer.
pub struct Respuesta {
    pub estado: StatusCode,
    pub cabeceras: HeaderMap,
    pub cuerpo: Bytes,
}

/// The services behind the door, over one pool of connections.
pub struct Servicios {
    cliente: Client,
    direcciones: [(Parte, String); 4],
}

impl Servicios {
    pub fn nuevo(ajustes: &AjustesServicios) -> Result<Self, ErrorServicios> {
        let cliente = Client::builder()
            .connect_timeout(PLAZO_DE_CONEXION)
            .pool_idle_timeout(OCIO_MAXIMO)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()
            .map_err(ErrorServicios::Cliente)?;
        let direcciones = [
            (Parte::Suscripciones, direccion(&ajustes.suscripciones)?),
            (Parte::ServicioDatos, direccion(&ajustes.servicio_datos)?),
            (Parte::Procesamiento, direccion(&ajustes.procesamiento)?),
            (Parte::Notificaciones, direccion(&ajustes.notificaciones)?),
        ];
        Ok(Self { cliente, direcciones })
    }

    /// Asks and reads the whole answer within two seconds.
    #[tracing::instrument(name = "http.servicio.llamar", skip_all, fields(parte = llamada.parte.nombre()))]
    pub async fn llamar(&self, llamada: Llamada<'_>, contexto: &Contexto) -> Result<Respuesta, ErrorParte> {
        self.pedir(llamada, contexto, PLAZO_TOTAL).await
    }

    /// The same for something big, within thirty seconds.
    #[tracing::instrument(name = "http.servicio.encargar", skip_all, fields(parte = llamada.parte.nombre()))]
    pub async fn encargar(&self, llamada: Llamada<'_>, contexto: &Contexto) -> Result<Respuesta, ErrorParte> {
        self.pedir(llamada, contexto, PLAZO_DE_ENCARGO).await
    }

    async fn pedir(&self, llamada: Llamada<'_>, contexto: &Contexto, plazo: Duration) -> Result<Respuesta, ErrorParte> {
        let parte = llamada.parte;
        let peticion = self
            .peticion(parte, llamada.metodo, llamada.ruta, contexto)
            .headers(llamada.cabeceras)
            .body(llamada.cuerpo)
            .timeout(plazo);
        leer(peticion).await.map_err(|causa| ausente(parte, causa))
    }

    /// Asks and leaves the body to be read as it comes, for as long as it comes.
    pub async fn abrir(&self, llamada: Llamada<'_>, contexto: &Contexto) -> Result<reqwest::Response, ErrorParte> {
        let parte = llamada.parte;
        let peticion = self.peticion(parte, llamada.metodo, llamada.ruta, contexto).headers(llamada.cabeceras);
        let respuesta = async { Ok::<_, ErrorLlamada>(tokio::time::timeout(PLAZO_TOTAL, peticion.send()).await??) };
        respuesta.await.map_err(|causa| ausente(parte, causa))
    }

    /// A request with the headers that follow a caller everywhere; body and limits are the caller's.
    pub fn peticion(&self, parte: Parte, metodo: Method, ruta: &str, contexto: &Contexto) -> RequestBuilder {
        self.cliente
            .request(metodo, format!("{}{ruta}", self.direccion(parte)))
            .header(ACTOR, contexto.actor.as_str())
            .header(INQUILINO, contexto.inquilino.as_str())
            .header(PETICION, &contexto.peticion)
            .header(TRAZA, &contexto.traza)
    }

    fn direccion(&self, parte: Parte) -> &str {
        self.direcciones.iter().find(|(p, _)| *p == parte).map_or("", |(_, url)| url)
    }
}

fn direccion(texto: &str) -> Result<String, ErrorServicios> {
    match Url::parse(texto) {
        Ok(url) if url.scheme() == "http" && url.path() == "/" && url.query().is_none() => {
            Ok(texto.trim_end_matches('/').to_owned())
        }
        Ok(_) | Err(_) => Err(ErrorServicios::Direccion(texto.to_owned())),
    }
}

async fn leer(peticion: RequestBuilder) -> Result<Respuesta, ErrorLlamada> {
    let mut respuesta = peticion.send().await?;
    let mut cuerpo = Vec::new();
    while let Some(trozo) = respuesta.chunk().await? {
        if cuerpo.len() + trozo.len() > RESPUESTA_MAXIMA {
            return Err(ErrorLlamada::Excesiva);
        }
        cuerpo.extend_from_slice(&trozo);
    }
    Ok(Respuesta {
        estado: respuesta.status(),
        cabeceras: std::mem::take(respuesta.headers_mut()),
        cuerpo: cuerpo.into(),
    })
}

/// The one place where the failure of a service is logged.
fn ausente(parte: Parte, causa: ErrorLlamada) -> ErrorParte {
    tracing::warn!(parte = parte.nombre(), error = &causa as &dyn std::error::Error, "service did not answer");
    ErrorParte { parte, causa: Box::new(causa) }
}

use super::ajustes::AjustesImagenes;
use super::servicios::{Respuesta, Servicios};
use crate::aplicacion::ErrorParte;
use crate::dominio::{Contexto, Parte};
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, Method};
use futures::{Stream, StreamExt};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// A body that goes to a service while it arrives.
pub struct Subida<'a> {
    pub parte: Parte,
    /// A path, already escaped.
    pub ruta: &'a str,
    pub cabeceras: HeaderMap,
    pub cuerpo: Body,
}

#[derive(Debug, thiserror::Error)]
pub enum ErrorSubida {
    #[error("the service did not take the connection; nothing was sent")]
    SinConexion(#[source] ErrorParte),
    #[error("the body is larger than allowed")]
    Excesiva,
    #[error("the answer was lost; the service may have kept the body")]
    Incierta(#[source] reqwest::Error),
}

#[derive(Debug, thiserror::Error)]
#[error("the body is larger than allowed")]
struct Excesiva;

impl Servicios {
    /// Streams a body to a service and reads its answer.
    #[tracing::instrument(name = "http.servicio.subir", skip_all, fields(parte = subida.parte.nombre()))]
    pub async fn subir(
        &self,
        subida: Subida<'_>,
        limites: AjustesImagenes,
        contexto: &Contexto,
    ) -> Result<Respuesta, ErrorSubida> {
        let excesiva = Arc::new(AtomicBool::new(false));
        let cuerpo = acotar(subida.cuerpo, limites.maximo_bytes, excesiva.clone());
        let peticion = self
            .peticion(subida.parte, Method::POST, subida.ruta, contexto)
            .headers(subida.cabeceras)
            .timeout(Duration::from_secs(limites.plazo_segundos))
            .body(reqwest::Body::wrap_stream(cuerpo));
        let recibida = async {
            let mut respuesta = peticion.send().await?;
            let (estado, cabeceras) = (respuesta.status(), std::mem::take(respuesta.headers_mut()));
            Ok(Respuesta { estado, cabeceras, cuerpo: respuesta.bytes().await? })
        };
        recibida.await.map_err(|causa: reqwest::Error| {
            if excesiva.load(Ordering::Relaxed) {
                return ErrorSubida::Excesiva;
            }
            let causa = causa.without_url();
            tracing::warn!(error = &causa as &dyn std::error::Error, "upload failed");
            if causa.is_connect() {
                return ErrorSubida::SinConexion(ErrorParte { parte: subida.parte, causa: Box::new(causa) });
            }
            ErrorSubida::Incierta(causa)
        })
    }
}

/// Ends in an error, and says so in `excesiva`, once more than `maximo` bytes have come.
fn acotar(cuerpo: Body, maximo: u64, excesiva: Arc<AtomicBool>) -> impl Stream<Item = Result<Bytes, axum::BoxError>> {
    let mut vistos: u64 = 0;
    cuerpo.into_data_stream().map(move |trozo| {
        let trozo = trozo?;
        vistos = vistos.saturating_add(trozo.len() as u64);
        if vistos > maximo {
            excesiva.store(true, Ordering::Relaxed);
            return Err(Excesiva.into());
        }
        Ok(trozo)
    })
}

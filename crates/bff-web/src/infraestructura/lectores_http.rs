use super::servicios::{Llamada, Servicios};
use crate::aplicacion::{Lectores, Pregunta};
use crate::dominio::{Contexto, Documento, Fragmento};
use async_trait::async_trait;
use axum::http::StatusCode;
use futures::future::join_all;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::sync::Arc;

#[derive(Deserialize)]
struct Pagina {
    elementos: Vec<Box<RawValue>>,
}

/// Asks each service for its part over HTTP.
pub struct LectoresHttp {
    servicios: Arc<Servicios>,
}

impl LectoresHttp {
    pub fn nuevo(servicios: Arc<Servicios>) -> Self {
        Self { servicios }
    }

    async fn preguntar(&self, pregunta: Pregunta, contexto: &Contexto) -> Fragmento {
        let ruta = ruta(pregunta);
        let llamada = Llamada::leer(pregunta.parte(), &ruta);
        match self.servicios.llamar(llamada, contexto).await {
            Ok(respuesta) if respuesta.estado == StatusCode::OK => {
                recortar(pregunta, &respuesta.cuerpo).unwrap_or(Fragmento::NoDisponible)
            }
            Ok(respuesta) if respuesta.estado == StatusCode::NOT_FOUND => Fragmento::Inexistente,
            Ok(_) | Err(_) => Fragmento::NoDisponible,
        }
    }
}

#[async_trait]
impl Lectores for LectoresHttp {
    async fn leer(&self, preguntas: &[Pregunta], contexto: &Contexto) -> Vec<Fragmento> {
        join_all(preguntas.iter().map(|pregunta| self.preguntar(*pregunta, contexto))).await
    }
}

fn ruta(pregunta: Pregunta) -> String {
    match pregunta {
        Pregunta::Suscripcion(id) => format!("/suscripciones/{}", id.0),
        Pregunta::SagaDe(id) => format!("/sagas?id_suscripcion={}", id.0),
        Pregunta::ServicioDe(id) => format!("/serviciosdatos?id_suscripcion={}", id.0),
        Pregunta::NotificacionesDe(id) => format!("/notificaciones?id_suscripcion={}", id.0),
    }
}

/// Takes from an answer what its question was about.
fn recortar(pregunta: Pregunta, cuerpo: &[u8]) -> Result<Fragmento, serde_json::Error> {
    let documento = match pregunta {
        Pregunta::Suscripcion(_) => Some(serde_json::from_slice::<Box<RawValue>>(cuerpo)?.get().to_owned()),
        Pregunta::ServicioDe(_) => el_que_sirve(serde_json::from_slice::<Pagina>(cuerpo)?)?,
        Pregunta::SagaDe(_) => serde_json::from_slice::<Pagina>(cuerpo)?.elementos.first().map(|e| e.get().to_owned()),
        Pregunta::NotificacionesDe(_) => {
            Some(serde_json::to_string(&serde_json::from_slice::<Pagina>(cuerpo)?.elementos)?)
        }
    };
    Ok(documento.map_or(Fragmento::Inexistente, |json| Fragmento::Presente(Documento::verificado(json))))
}

#[derive(Deserialize)]
struct Servicio {
    estado: String,
}

/// A change of plan leaves services behind: the newest that has not ended, or else the newest.
fn el_que_sirve(pagina: Pagina) -> Result<Option<String>, serde_json::Error> {
    for elemento in &pagina.elementos {
        if serde_json::from_str::<Servicio>(elemento.get())?.estado != "terminado" {
            return Ok(Some(elemento.get().to_owned()));
        }
    }
    Ok(pagina.elementos.first().map(|elemento| elemento.get().to_owned()))
}

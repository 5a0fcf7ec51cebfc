use super::servicios::{Llamada, Respuesta, Servicios};
use crate::aplicacion::{ErrorParte, Planes};
use crate::dominio::{Catalogo, CodigoPlan, Contexto, Parte};
use async_trait::async_trait;
use axum::http::{HeaderValue, StatusCode, header};
use serde::Deserialize;
use std::sync::{Arc, PoisonError, RwLock};
use tokio::sync::Mutex;
use tokio::time::Instant;

const RUTA: &str = "/planes";

#[derive(Deserialize)]
struct Pagina {
    elementos: Vec<PlanLeido>,
}

#[derive(Deserialize)]
struct PlanLeido {
    codigo: String,
}

#[derive(Debug, thiserror::Error)]
enum ErrorCatalogo {
    #[error("unexpected status {0}")]
    Estado(StatusCode),
    #[error("the catalogue does not have the expected shape")]
    Forma(#[from] serde_json::Error),
    #[error("another reading has just failed")]
    Reciente,
}

#[derive(Clone)]
struct Copia {
    catalogo: Arc<Catalogo>,
    etiqueta: Option<HeaderValue>,
}

/// When the last reading began and ended, and whether it succeeded.
struct Lectura {
    comienzo: Instant,
    fin: Instant,
    lograda: bool,
}

/// The catalogue of suscripciones, kept in memory and revalidated by its ETag.
pub struct PlanesHttp {
    servicios: Arc<Servicios>,
    copia: RwLock<Option<Copia>>,
    /// Held while reading, so that a burst of misses costs one reading.
    ultima: Mutex<Option<Lectura>>,
}

impl PlanesHttp {
    pub fn nuevo(servicios: Arc<Servicios>) -> Self {
        Self { servicios, copia: RwLock::new(None), ultima: Mutex::new(None) }
    }

    fn copia(&self) -> Option<Copia> {
        self.copia.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn leer(&self, contexto: &Contexto) -> Result<Arc<Catalogo>, ErrorParte> {
        let previa = self.copia();
        let mut llamada = Llamada::leer(Parte::Suscripciones, RUTA);
        if let Some(etiqueta) = previa.as_ref().and_then(|copia| copia.etiqueta.clone()) {
            llamada.cabeceras.insert(header::IF_NONE_MATCH, etiqueta);
        }
        let respuesta = self.servicios.llamar(llamada, contexto).await?;
        let nueva = match (respuesta.estado, previa) {
            (StatusCode::NOT_MODIFIED, Some(copia)) => copia,
            (StatusCode::OK, _) => copiar(&respuesta).map_err(invalida)?,
            (otro, _) => return Err(invalida(ErrorCatalogo::Estado(otro))),
        };
        let catalogo = nueva.catalogo.clone();
        *self.copia.write().unwrap_or_else(PoisonError::into_inner) = Some(nueva);
        Ok(catalogo)
    }
}

#[async_trait]
impl Planes for PlanesHttp {
    async fn vigente(&self, contexto: &Contexto) -> Result<Arc<Catalogo>, ErrorParte> {
        match self.copia() {
            Some(copia) => Ok(copia.catalogo),
            None => self.actualizado(contexto).await,
        }
    }

    async fn actualizado(&self, contexto: &Contexto) -> Result<Arc<Catalogo>, ErrorParte> {
        let llegada = Instant::now();
        let mut ultima = self.ultima.lock().await;
        match (ultima.as_ref(), self.copia()) {
            (Some(lectura), Some(copia)) if lectura.lograda && lectura.comienzo >= llegada => {
                return Ok(copia.catalogo);
            }
            (Some(lectura), _) if !lectura.lograda && lectura.fin >= llegada => {
                return Err(invalida(ErrorCatalogo::Reciente));
            }
            (Some(_) | None, _) => {}
        }
        let comienzo = Instant::now();
        let leido = self.leer(contexto).await;
        *ultima = Some(Lectura { comienzo, fin: Instant::now(), lograda: leido.is_ok() });
        leido
    }
}

/// A code that no caller could write is left out: nobody can ask for it here.
fn copiar(respuesta: &Respuesta) -> Result<Copia, ErrorCatalogo> {
    let pagina: Pagina = serde_json::from_slice(&respuesta.cuerpo)?;
    let codigos = pagina.elementos.into_iter().filter_map(|plan| CodigoPlan::try_from(plan.codigo).ok());
    Ok(Copia {
        catalogo: Arc::new(Catalogo::nuevo(codigos.collect())),
        etiqueta: respuesta.cabeceras.get(header::ETAG).cloned(),
    })
}

fn invalida(causa: ErrorCatalogo) -> ErrorParte {
    ErrorParte { parte: Parte::Suscripciones, causa: Box::new(causa) }
}

use std::convert::Infallible;
use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use serde_json::json;
use servidor::{IdRuta, Pagina, Paginacion, Problema};
use uuid::Uuid;

use super::Estado;
use super::filtro::FiltroDeConsulta;
use super::linea_de_tiempo::Hito;
use super::problemas::{ausente, problema};
use super::saga_vista::VistaSaga;
use crate::dominio::INQUILINO_PUBLICO;
use crate::infraestructura::{DefinicionCargada, FilaSaga, Transicion};

/// How often an open stream looks for new transitions.
const RITMO: Duration = Duration::from_millis(200);
/// How often a quiet stream says that it lives: proxies do not cut it, and a reader that is gone is noticed.
const LATIDO: Duration = Duration::from_secs(5);

/// `GET /sagas`: newest first, by any combination of filters.
pub async fn listar(
    State(estado): State<Estado>,
    paginacion: Paginacion,
    FiltroDeConsulta(filtro): FiltroDeConsulta,
) -> Result<Json<Pagina<FilaSaga>>, Problema> {
    let filas = estado
        .consultas
        .sagas(INQUILINO_PUBLICO, &filtro, paginacion.despues_de(), paginacion.filas())
        .await
        .map_err(problema)?;
    Ok(Json(Pagina::de(filas, paginacion, |fila| fila.id)))
}

/// `GET /sagas/{id}`: its steps and its timeline.
pub async fn obtener(State(estado): State<Estado>, IdRuta(id): IdRuta) -> Result<Json<VistaSaga>, Problema> {
    let fila = existente(&estado, id).await?;
    let cargada = definicion_de(&estado, &fila).await?;
    let log = estado.consultas.transiciones(id, 0).await.map_err(problema)?;
    VistaSaga::nueva(fila, &cargada.definicion, log).map(Json).map_err(|error| {
        tracing::error!(saga = %id, error = &error as &dyn std::error::Error, "a stored saga cannot be read");
        Problema::interno()
    })
}

/// `GET /sagas/{id}/eventos`: server-sent events, one `transicion` per version, and a last one, `fin`, with the outcome.
///
/// `Last-Event-ID` is the last version seen; whoever has seen them all of an ended saga gets 204.
/// A stream without its `fin` was cut, by the end of the process or of its store, and is worth asking for again.
pub async fn eventos(
    State(estado): State<Estado>,
    IdRuta(id): IdRuta,
    cabeceras: HeaderMap,
) -> Result<Response, Problema> {
    let fila = existente(&estado, id).await?;
    let vista = cabeceras.get("last-event-id").and_then(|valor| valor.to_str().ok()?.parse().ok()).unwrap_or(0);
    if terminada(&fila) && vista >= fila.version {
        // After any other status an EventSource comes back every few seconds for ever (HTML, "server-sent events").
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    let inicio = Seguimiento { estado, id, vista, pendientes: Vec::new(), acabado: false };
    let corriente = futures::stream::unfold(inicio, async |mut seguimiento| {
        let evento = seguimiento.siguiente().await?;
        Some((Ok::<_, Infallible>(evento), seguimiento))
    });
    Ok(Sse::new(corriente).keep_alive(KeepAlive::new().interval(LATIDO)).into_response())
}

fn terminada(fila: &FilaSaga) -> bool {
    fila.estado.fase.es_terminal()
}

pub async fn existente(estado: &Estado, id: Uuid) -> Result<FilaSaga, Problema> {
    let fila = estado.consultas.saga(INQUILINO_PUBLICO, id).await.map_err(problema)?;
    fila.ok_or_else(|| ausente("la saga"))
}

/// The version that a saga runs, which the catalogue has for as long as there are sagas of it.
pub async fn definicion_de(estado: &Estado, fila: &FilaSaga) -> Result<Arc<DefinicionCargada>, Problema> {
    let version = fila.definicion_version.unsigned_abs();
    let cargada = estado.catalogo.version(&fila.definicion, version).await.map_err(problema)?;
    cargada.ok_or_else(|| {
        tracing::error!(saga = %fila.id, definicion = fila.definicion, version, "a saga's definition cannot be used");
        Problema::interno()
    })
}

struct Seguimiento {
    estado: Estado,
    id: Uuid,
    vista: i64,
    /// Read and not sent yet, newest first.
    pendientes: Vec<Transicion>,
    /// `fin` has been sent.
    acabado: bool,
}

impl Seguimiento {
    /// Waits for the next event; `None` after the last one, and when the process stops or the store fails.
    async fn siguiente(&mut self) -> Option<Event> {
        loop {
            if let Some(transicion) = self.pendientes.pop() {
                self.vista = transicion.version;
                return self.transicion(transicion);
            }
            if self.acabado {
                return None;
            }
            let fila = self.leer().await?;
            if self.pendientes.is_empty() {
                if terminada(&fila) {
                    self.acabado = true;
                    return fin_sse(&fila);
                }
                tokio::select! {
                    () = self.estado.cierre.cancelled() => return None,
                    () = tokio::time::sleep(RITMO) => {}
                }
            }
        }
    }

    /// Reads the saga, and what is new of it into `pendientes`: its version says whether there is anything.
    async fn leer(&mut self) -> Option<FilaSaga> {
        let consultas = &self.estado.consultas;
        let fila = consultas.saga(INQUILINO_PUBLICO, self.id).await.inspect_err(|error| self.avisar(error)).ok()??;
        if fila.version > self.vista {
            let nuevas = consultas.transiciones(self.id, self.vista).await.inspect_err(|error| self.avisar(error));
            self.pendientes = nuevas.ok()?;
            self.pendientes.reverse();
        }
        Some(fila)
    }

    fn transicion(&self, transicion: Transicion) -> Option<Event> {
        let version = transicion.version.to_string();
        let hito = Hito::de(transicion).inspect_err(|error| self.avisar(error)).ok()?;
        Event::default().event("transicion").id(version).json_data(hito).ok()
    }

    fn avisar(&self, error: &(dyn Error + 'static)) {
        tracing::warn!(saga = %self.id, error, "a stream of a saga ends early");
    }
}

fn fin_sse(fila: &FilaSaga) -> Option<Event> {
    Event::default().event("fin").json_data(json!({ "fase": fila.fase })).ok()
}

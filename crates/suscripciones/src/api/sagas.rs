use std::convert::Infallible;
use std::time::Duration;

use axum::Json;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures::Stream;
use servidor::{IdRuta, Pagina, Paginacion, Problema};
use uuid::Uuid;

use super::Estado;
use super::problemas::{ausente, problema};
use super::saga_vista::VistaSaga;
use crate::dominio::INQUILINO_PUBLICO;
use crate::infraestructura::{FilaSaga, FiltroSagas, Transicion};

/// How often an open stream looks for new transitions.
const RITMO: Duration = Duration::from_millis(200);
const TERMINALES: [&str; 3] = ["completada", "completada_con_avisos", "compensada"];

/// `GET /sagas`: newest first, filtered by phase, client, plan, subscription, or being stuck.
pub async fn listar(
    State(estado): State<Estado>,
    paginacion: Paginacion,
    Query(filtro): Query<FiltroSagas>,
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
    let version = fila.definicion_version.unsigned_abs();
    let cargada = estado.catalogo.version(&fila.definicion, version).await.map_err(problema)?;
    let cargada = cargada.ok_or_else(Problema::interno)?;
    let log = estado.consultas.transiciones(id, 0).await.map_err(problema)?;
    VistaSaga::nueva(fila, &cargada.definicion, log).map(Json).map_err(|error| {
        tracing::error!(saga = %id, error = &error as &dyn std::error::Error, "a stored saga cannot be read");
        Problema::interno()
    })
}

/// `GET /sagas/{id}/eventos`: server-sent events, one per transition; `Last-Event-ID` is the last version seen.
///
/// The stream ends after the saga's last transition, or when the process stops.
pub async fn eventos(
    State(estado): State<Estado>,
    IdRuta(id): IdRuta,
    cabeceras: HeaderMap,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Problema> {
    existente(&estado, id).await?;
    let vista = cabeceras.get("last-event-id").and_then(|valor| valor.to_str().ok()?.parse().ok()).unwrap_or(0);
    let inicio = Seguimiento { estado, id, vista, pendientes: Vec::new() };
    let corriente = futures::stream::unfold(inicio, async |mut seguimiento| {
        let evento = seguimiento.siguiente().await?;
        Some((Ok(evento), seguimiento))
    });
    Ok(Sse::new(corriente).keep_alive(KeepAlive::default()))
}

async fn existente(estado: &Estado, id: Uuid) -> Result<FilaSaga, Problema> {
    let fila = estado.consultas.saga(INQUILINO_PUBLICO, id).await.map_err(problema)?;
    fila.ok_or_else(|| ausente("la saga"))
}

struct Seguimiento {
    estado: Estado,
    id: Uuid,
    vista: i64,
    /// Read and not sent yet, newest first.
    pendientes: Vec<Transicion>,
}

impl Seguimiento {
    /// Waits for the next transition; `None` when the saga ended, the process stops or the store fails.
    async fn siguiente(&mut self) -> Option<Event> {
        loop {
            if let Some(transicion) = self.pendientes.pop() {
                self.vista = transicion.version;
                return evento(&transicion);
            }
            let terminada = self.leer().await?;
            if self.pendientes.is_empty() {
                if terminada {
                    return None;
                }
                tokio::select! {
                    () = self.estado.cierre.cancelled() => return None,
                    () = tokio::time::sleep(RITMO) => {}
                }
            }
        }
    }

    /// Reads what is new; says whether the saga had ended before that.
    async fn leer(&mut self) -> Option<bool> {
        let saga = self.estado.consultas.saga(INQUILINO_PUBLICO, self.id).await;
        let nuevas = self.estado.consultas.transiciones(self.id, self.vista).await;
        match (saga, nuevas) {
            (Ok(saga), Ok(mut nuevas)) => {
                nuevas.reverse();
                self.pendientes = nuevas;
                Some(saga.is_none_or(|saga| TERMINALES.contains(&saga.fase.as_str())))
            }
            (Err(error), _) | (_, Err(error)) => {
                tracing::warn!(saga = %self.id, error = &error as &dyn std::error::Error, "a stream of a saga ends early");
                None
            }
        }
    }
}

fn evento(transicion: &Transicion) -> Option<Event> {
    Event::default().event("transicion").id(transicion.version.to_string()).json_data(transicion).ok()
}

//! What operators order of sagas: one by one, and many at once.

mod consulta;
mod cuerpo;
mod varios;
mod vista;

use axum::Json;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};
use servidor::{Cuerpo, IdRuta, Operador, Problema};
use uuid::Uuid;

pub use consulta::{listar, lote};
pub use cuerpo::leer_motivo;
pub use varios::{confirmar, mandar_varios};

use super::Estado;
use super::comprobacion;
use super::linea_de_tiempo::Hito;
use super::problemas::{ausente, problema};
use crate::aplicacion::{Encargo, FiltroSagas, Rechazo, Resultado};
use crate::dominio::{INQUILINO_PUBLICO, IdSaga};
use vista::{Prevista, Veredicto};

#[derive(Deserialize)]
pub struct Parametros {
    #[serde(default)]
    simulacro: bool,
}

/// `POST /sagas/{id}/mandos`: an order to one saga; with `?simulacro=true`, what it would lead to.
pub async fn mandar(
    State(estado): State<Estado>,
    IdRuta(id): IdRuta,
    Query(parametros): Query<Parametros>,
    operador: Operador,
    Cuerpo(cuerpo): Cuerpo,
) -> Result<Json<Value>, Problema> {
    let encargo = cuerpo::leer_encargo(&cuerpo, &operador)?;
    let existe = estado.consultas.saga(INQUILINO_PUBLICO, id).await.map_err(problema)?.is_some();
    if !existe {
        return Err(ausente("la saga"));
    }
    if parametros.simulacro { simular(&estado, id, &encargo).await } else { ejecutar(&estado, id, &encargo).await }
}

async fn simular(estado: &Estado, id: Uuid, encargo: &Encargo) -> Result<Json<Value>, Problema> {
    let previstas = estado.mandar.prever(&[IdSaga(id)], encargo, contratos::ahora()).await.map_err(problema)?;
    let prevision = previstas.into_iter().next().ok_or_else(|| ausente("la saga"))?;
    let mut valor = json!(Prevista::de(&prevision)?);
    let comprobada = estado.mandar.comprobar(&prevision).await.map_err(|error| comprobacion::imposible(&error))?;
    valor["veredicto"] = match comprobada {
        None => Value::Null,
        Some(comprobada) => match Veredicto::de(&comprobada) {
            Some(veredicto) => json!(veredicto),
            None => return Err(comprobacion::sin_veredicto(&comprobada).con("prevision", valor)),
        },
    };
    Ok(Json(valor))
}

async fn ejecutar(estado: &Estado, id: Uuid, encargo: &Encargo) -> Result<Json<Value>, Problema> {
    let todas = FiltroSagas::default();
    let asientos = estado.mandar.ejecutar(&[IdSaga(id)], encargo, &todas, contratos::ahora()).await;
    let asiento = asientos.map_err(problema)?.into_iter().next().ok_or_else(Problema::interno)?;
    match asiento.resultado {
        Resultado::Aplicado { version } => {
            tracing::info!(saga = %id, actor = encargo.actor, version, "an operator's order was carried out");
            let log = estado.consultas.transiciones(id, version - 1).await.map_err(problema)?;
            let hito = log.into_iter().next().map(Hito::de).transpose().map_err(|error| vista::ilegible(id, &error))?;
            Ok(Json(json!({ "resultado": "aplicado", "hito": hito })))
        }
        Resultado::Rechazado(rechazo) => Err(rechazado(&rechazo)),
        Resultado::Cambiada => {
            Err(Problema::nuevo(StatusCode::CONFLICT, "saga_cambiada", "La saga cambió mientras se atendía la orden")
                .reintentar_tras(1))
        }
    }
}

fn rechazado(rechazo: &Rechazo) -> Problema {
    Problema::nuevo(StatusCode::CONFLICT, rechazo.codigo(), "La saga no admite la orden").detalle(rechazo.to_string())
}

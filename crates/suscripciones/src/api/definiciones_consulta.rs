use axum::Json;
use axum::extract::{Path, Query, State};
use serde_json::{Value, json};
use servidor::Problema;

use super::Estado;
use super::definiciones::leer;
use super::problemas::{ausente, de_definicion, problema};
use crate::infraestructura::FiltroDefiniciones;

/// `GET /admin/definiciones`: every version of every definition, which plans use it and how many sagas it has alive.
pub async fn listar(
    State(estado): State<Estado>,
    Query(filtro): Query<FiltroDefiniciones>,
) -> Result<Json<Value>, Problema> {
    let fichas = estado.fichas.listar(&filtro).await.map_err(problema)?;
    Ok(Json(json!({ "elementos": fichas })))
}

/// `GET /admin/definiciones/{clave}/{version}`: the same with its document and who moved it.
pub async fn obtener(
    State(estado): State<Estado>,
    Path((clave, version)): Path<(String, String)>,
) -> Result<Json<Value>, Problema> {
    let id = leer(&clave, &version)?;
    let ficha = estado.fichas.ficha(&id).await.map_err(problema)?.ok_or_else(|| ausente("la definición"))?;
    let guardada = estado.definiciones.obtener(&id).await.map_err(de_definicion)?;
    let movimientos = estado.fichas.movimientos(&id).await.map_err(problema)?;
    let mut vista = json!(ficha);
    vista["documento"] = guardada.documento;
    vista["movimientos"] = json!(movimientos);
    Ok(Json(vista))
}

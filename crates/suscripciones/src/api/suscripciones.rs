use axum::Json;
use axum::extract::{Query, State};
use serde_json::{Value, json};
use servidor::{IdRuta, Pagina, Paginacion, Problema};

use super::Estado;
use super::problemas::{ausente, problema};
use crate::dominio::INQUILINO_PUBLICO;
use crate::infraestructura::{FilaSuscripcion, FiltroSuscripciones};

/// `GET /suscripciones`: newest first, filtered by client, plan or state.
pub async fn listar(
    State(estado): State<Estado>,
    paginacion: Paginacion,
    Query(filtro): Query<FiltroSuscripciones>,
) -> Result<Json<Pagina<FilaSuscripcion>>, Problema> {
    let filas = estado
        .consultas
        .suscripciones(INQUILINO_PUBLICO, &filtro, paginacion.despues_de(), paginacion.filas())
        .await
        .map_err(problema)?;
    Ok(Json(Pagina::de(filas, paginacion, |fila| fila.id)))
}

/// `GET /suscripciones/{id}`.
pub async fn obtener(State(estado): State<Estado>, IdRuta(id): IdRuta) -> Result<Json<FilaSuscripcion>, Problema> {
    let fila = estado.consultas.suscripcion(INQUILINO_PUBLICO, id).await.map_err(problema)?;
    fila.map(Json).ok_or_else(|| ausente("la suscripción"))
}

/// `GET /suscripciones/{id}/facturas`: what it was charged and what it owes, oldest first.
pub async fn facturas(State(estado): State<Estado>, IdRuta(id): IdRuta) -> Result<Json<Value>, Problema> {
    let facturas = estado.consultas.facturas(INQUILINO_PUBLICO, id).await.map_err(problema)?;
    facturas.map(|facturas| Json(json!({ "elementos": facturas }))).ok_or_else(|| ausente("la suscripción"))
}

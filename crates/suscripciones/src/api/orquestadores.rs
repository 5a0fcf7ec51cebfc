use axum::Json;
use axum::extract::State;
use servidor::Problema;

use super::Estado;
use super::problemas::problema;
use crate::infraestructura::Orquestadores;

/// `GET /admin/orquestadores`: the instances that orchestrate sagas and the partitions that each holds.
pub async fn listar(State(estado): State<Estado>) -> Result<Json<Orquestadores>, Problema> {
    estado.consultas.orquestadores().await.map(Json).map_err(problema)
}

use axum::Json;
use axum::extract::State;
use servidor::Problema;

use super::Estado;
use super::problemas::problema;
use crate::infraestructura::Consistencia;

/// `GET /auditoria/consistencia`: how many sagas were checked, which are inconsistent, and through when.
pub async fn consistencia(State(estado): State<Estado>) -> Result<Json<Consistencia>, Problema> {
    estado.hallazgos.consistencia().await.map(Json).map_err(problema)
}

use axum::Json;
use axum::extract::{Query, State};
use serde::Deserialize;
use servidor::{CampoInvalido, IdRuta, Pagina, Paginacion, Problema};
use uuid::Uuid;

use crate::api::Estado;
use crate::api::filtro::invalidos;
use crate::api::problemas::{ausente, problema};
use crate::dominio::INQUILINO_PUBLICO;
use crate::infraestructura::{FilaLote, FilaMando, FiltroMandos};

#[derive(Deserialize)]
pub struct Parametros {
    id_saga: Option<String>,
    lote: Option<String>,
    actor: Option<String>,
    resultado: Option<String>,
}

/// `GET /admin/mandos`: who ordered what, newest first, by saga, batch, actor or result.
pub async fn listar(
    State(estado): State<Estado>,
    paginacion: Paginacion,
    Query(parametros): Query<Parametros>,
) -> Result<Json<Pagina<FilaMando>>, Problema> {
    let filtro = FiltroMandos {
        saga: id("id_saga", parametros.id_saga)?,
        lote: id("lote", parametros.lote)?,
        actor: parametros.actor,
        resultado: parametros.resultado,
    };
    let filas = estado.consultas.mandos(INQUILINO_PUBLICO, &filtro, paginacion.despues_de(), paginacion.filas()).await;
    Ok(Json(Pagina::de(filas.map_err(problema)?, paginacion, |fila| fila.id)))
}

/// `GET /admin/mandos/lotes/{id}`: how far a batch is.
pub async fn lote(State(estado): State<Estado>, IdRuta(id): IdRuta) -> Result<Json<FilaLote>, Problema> {
    let lote = estado.consultas.lote(INQUILINO_PUBLICO, id).await.map_err(problema)?;
    lote.map(Json).ok_or_else(|| ausente("el lote"))
}

fn id(nombre: &str, texto: Option<String>) -> Result<Option<Uuid>, Problema> {
    let leido = texto.map(|texto| Uuid::parse_str(&texto)).transpose();
    leido.map_err(|_| invalidos(vec![CampoInvalido::nuevo(nombre, "debe ser un UUID")]))
}

use axum::Json;
use axum::extract::{Path, State};
use contratos::{ComandoAnonimizarImagen, Mensaje};
use serde_json::{Value, json};
use servidor::Problema;
use uuid::Uuid;

use super::Casos;
use super::problemas;
use crate::dominio::IdOperacion;

/// The state of an intake, for the service that accepted it.
pub(super) async fn consultar(
    State(casos): State<Casos>,
    ruta: Result<Path<(String, Uuid)>, axum::extract::rejection::PathRejection>,
) -> Result<Json<Value>, Problema> {
    let no_existe = || Problema::no_encontrado("la operación");
    let Path((tipo, id)) = ruta.map_err(|_| no_existe())?;
    if tipo != ComandoAnonimizarImagen::TIPO {
        return Err(no_existe());
    }
    let registrada = casos.consultar.operacion(IdOperacion(id)).await.map_err(problemas::de_repositorio)?;
    let registrada = registrada.ok_or_else(no_existe)?;
    Ok(Json(json!({
        "estado": if registrada.anonimizada { "hecho" } else { "en_proceso" },
        "huella": registrada.huella.map(|huella| huella.as_str().to_owned()),
        "recursos": { "id_imagen": registrada.imagen.to_string() },
    })))
}

use axum::Json;
use axum::extract::{Path, State};
use contratos::{ComandoAnonimizarImagen, Mensaje};
use serde_json::{Value, json};
use servidor::Problema;
use uuid::Uuid;

use super::Casos;
use super::problemas;
use crate::dominio::{EstadoEnPaquete, IdOperacion, ImagenDePaquete};

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
    let id = IdOperacion(id);
    if let Some(registrada) = casos.consultar.operacion(id).await.map_err(problemas::de_repositorio)? {
        return Ok(Json(json!({
            "estado": if registrada.anonimizada { "hecho" } else { "en_proceso" },
            "huella": registrada.huella.map(|huella| huella.as_str().to_owned()),
            "recursos": { "id_imagen": registrada.imagen.to_string() },
        })));
    }
    let paquete = casos.consultar.paquete(id).await.map_err(problemas::de_repositorio)?;
    let (paquete, imagenes) = paquete.ok_or_else(no_existe)?;
    Ok(Json(json!({
        "estado": estado(&imagenes),
        "huella": paquete.huella.as_str(),
        "recursos": {
            "imagenes": imagenes.iter().map(manifiesto).collect::<Vec<_>>(),
            "omitidos": paquete.omitidos,
        },
    })))
}

/// A packet is done when all its images are; if some did not become clean, it says so.
fn estado(imagenes: &[ImagenDePaquete]) -> &'static str {
    let alguna = |es: fn(&EstadoEnPaquete) -> bool| imagenes.iter().any(|imagen| es(&imagen.estado));
    if alguna(|estado| *estado == EstadoEnPaquete::Pendiente) {
        "en_proceso"
    } else if alguna(|estado| *estado != EstadoEnPaquete::Limpia) {
        "hecho_con_incidencias"
    } else {
        "hecho"
    }
}

fn manifiesto(imagen: &ImagenDePaquete) -> Value {
    let (estado, codigo) = match &imagen.estado {
        EstadoEnPaquete::Pendiente => ("pendiente", None),
        EstadoEnPaquete::Limpia => ("limpia", None),
        EstadoEnPaquete::EnCuarentena(codigo) => ("cuarentena", Some(codigo)),
        EstadoEnPaquete::Fallida(codigo) => ("fallida", Some(codigo)),
    };
    json!({ "id_imagen": imagen.id.to_string(), "posicion": imagen.posicion, "estado": estado, "codigo": codigo })
}

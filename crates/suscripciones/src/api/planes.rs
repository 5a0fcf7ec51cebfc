use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use servidor::{Campos, Cuerpo, Problema};

use super::Estado;
use super::problemas::{ausente, inaceptable, problema};
use crate::aplicacion::puertos::Catalogo;
use crate::dominio::{CodigoPlan, Monto, Plan, Recursos};

/// `GET /planes`: the catalogue, with an `ETag`.
pub async fn listar(State(estado): State<Estado>, cabeceras: HeaderMap) -> Result<Response, Problema> {
    let planes: Vec<Value> = estado.catalogo.planes().await.map_err(problema)?.iter().map(vista).collect();
    let cuerpo = json!({ "elementos": planes });
    let etag = format!("\"{}\"", contratos::huella(&cuerpo));
    let conocida = cabeceras.get(header::IF_NONE_MATCH).is_some_and(|valor| valor.as_bytes() == etag.as_bytes());
    if conocida {
        return Ok((StatusCode::NOT_MODIFIED, [(header::ETAG, etag)]).into_response());
    }
    Ok(([(header::ETAG, etag)], Json(cuerpo)).into_response())
}

/// `GET /admin/planes/{codigo}`.
pub async fn obtener(State(estado): State<Estado>, Path(codigo): Path<String>) -> Result<Json<Value>, Problema> {
    let codigo = CodigoPlan::try_from(codigo.as_str()).map_err(|_| ausente("el plan"))?;
    let plan = estado.catalogo.plan(&codigo).await.map_err(problema)?.ok_or_else(|| ausente("el plan"))?;
    Ok(Json(vista(&plan)))
}

/// `PUT /admin/planes/{codigo}`: creates or replaces a plan; a product is data.
pub async fn guardar(
    State(estado): State<Estado>,
    Path(codigo): Path<String>,
    Cuerpo(cuerpo): Cuerpo,
) -> Result<Json<Value>, Problema> {
    let plan = leer(&codigo, &cuerpo)?;
    plan.comprobar().map_err(|error| inaceptable("plan_invalido", "El plan no es válido", error.to_string()))?;
    if let Some(flujo) = &plan.flujo {
        let conocido = estado.catalogo.definicion(flujo).await.map_err(problema)?.is_some();
        if !conocido {
            let detalle = format!("no hay una definición de saga activa con clave {flujo}");
            return Err(inaceptable("flujo_desconocido", "El plan no es válido", detalle));
        }
    }
    estado.catalogo.guardar_plan(&plan).await.map_err(problema)?;
    Ok(Json(vista(&plan)))
}

fn leer(codigo: &str, cuerpo: &Value) -> Result<Plan, Problema> {
    let mut campos = Campos::de(cuerpo);
    let nombre = campos.texto("nombre");
    let texto_monto = campos.texto("monto");
    let monto = Monto::try_from(texto_monto.as_str()).map_err(|error| campos.invalido("monto", error.to_string())).ok();
    let moneda = campos.texto("moneda");
    let en_venta = campos.booleano_opcional("en_venta").unwrap_or(true);
    let flujo = campos.texto_opcional("flujo");
    let recursos = cuerpo.get("recursos").filter(|recursos| !recursos.is_null()).map(|_| Recursos {
        nube_codigo: campos.texto("recursos.nube.codigo"),
        nube_nombre: campos.texto("recursos.nube.nombre"),
        nube_tipo: campos.texto("recursos.nube.tipo"),
        dataset_codigo: campos.texto("recursos.dataset.codigo"),
        dataset_nombre: campos.texto("recursos.dataset.nombre"),
        especialidad: campos.texto("recursos.especialidad"),
    });
    let codigo = CodigoPlan::try_from(codigo).map_err(|error| campos.invalido("codigo", error.to_string())).ok();
    campos.terminar()?;
    match (codigo, monto) {
        (Some(codigo), Some(monto)) => Ok(Plan { codigo, nombre, monto, moneda, en_venta, flujo, recursos }),
        _ => Err(Problema::interno()),
    }
}

fn vista(plan: &Plan) -> Value {
    let recursos = plan.recursos.as_ref().map(|recursos| {
        json!({
            "nube": { "codigo": recursos.nube_codigo, "nombre": recursos.nube_nombre, "tipo": recursos.nube_tipo },
            "dataset": { "codigo": recursos.dataset_codigo, "nombre": recursos.dataset_nombre },
            "especialidad": recursos.especialidad,
        })
    });
    json!({
        "codigo": plan.codigo.as_ref(),
        "nombre": plan.nombre,
        "monto": plan.monto.to_string(),
        "moneda": plan.moneda,
        "en_venta": plan.en_venta,
        "flujo": plan.flujo,
        "recursos": recursos,
    })
}

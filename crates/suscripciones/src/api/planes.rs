use std::collections::BTreeMap;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use servidor::{Campos, Cuerpo, Problema};

use super::Estado;
use super::problemas::{ausente, inaceptable, problema};
use crate::aplicacion::PlanRechazado;
use crate::aplicacion::puertos::Catalogo;
use crate::dominio::{CodigoPlan, Monto, Parametro, Plan, Recursos};

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
    estado.guardar_plan.ejecutar(&plan).await.map_err(de_plan)?;
    Ok(Json(vista(&plan)))
}

fn de_plan(error: PlanRechazado) -> Problema {
    let codigo = match error {
        PlanRechazado::Repositorio(error) => return problema(error),
        PlanRechazado::Invalido(_) => "plan_invalido",
        PlanRechazado::FlujoInactivo(_) => "flujo_desconocido",
        PlanRechazado::FlujoAjeno(_) => "flujo_ajeno",
        PlanRechazado::Incompleto(_) => "plan_incompleto",
    };
    inaceptable(codigo, "El plan no es válido", error.to_string())
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
    let parametros = leer_parametros(&mut campos);
    let codigo = CodigoPlan::try_from(codigo).map_err(|error| campos.invalido("codigo", error.to_string())).ok();
    campos.terminar()?;
    match (codigo, monto) {
        (Some(codigo), Some(monto)) => {
            Ok(Plan { codigo, nombre, monto, moneda, en_venta, flujo, recursos, parametros })
        }
        _ => Err(Problema::interno()),
    }
}

/// Names and values are codes: what a flow reads from a plan is kept and sent for ever.
fn leer_parametros(campos: &mut Campos<'_>) -> BTreeMap<String, Parametro> {
    let mut parametros = BTreeMap::new();
    for (nombre, valor) in campos.mapa_textos_opcional("parametros").unwrap_or_default() {
        let ruta = format!("parametros.{nombre}");
        if !nombre.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_') || nombre.is_empty() {
            campos.invalido(&ruta, "su nombre solo admite minúsculas, cifras y guion bajo");
            continue;
        }
        match Parametro::try_from(valor.as_str()) {
            Ok(valor) => {
                parametros.insert(nombre, valor);
            }
            Err(error) => campos.invalido(&ruta, error.to_string()),
        }
    }
    parametros
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
        "parametros": plan.parametros.iter().map(|(nombre, valor)| (nombre.clone(), valor.to_string())).collect::<BTreeMap<_, _>>(),
    })
}

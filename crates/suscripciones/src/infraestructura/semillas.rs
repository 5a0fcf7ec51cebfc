use aws_lc_rs::digest::{SHA256, digest};
use contratos::temas;
use saga::{Definicion, Direccion};
use serde::Deserialize;
use serde_json::{Value, json};
use sqlx::PgPool;

use super::catalogo::RecursosGuardados;
use super::errores::{de_datos, de_sql};
use crate::aplicacion::puertos::ErrorRepositorio;
use crate::dominio::Monto;

/// The flows that a new database begins with.
const FLUJOS: &[&str] = &[include_str!("../../config/flujos/pro.json")];
/// The plans that a new database begins with.
const PLANES: &str = include_str!("../../config/planes.json");

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PlanSembrado {
    codigo: String,
    nombre: String,
    monto: String,
    moneda: String,
    flujo: Option<String>,
    recursos: Option<RecursosGuardados>,
}

/// A flow of the repository that names a message without a topic.
#[derive(Debug, thiserror::Error)]
#[error("flow {flujo}: message {tipo} has no topic")]
struct MensajeSinTema {
    flujo: String,
    tipo: String,
}

/// Loads flows and plans that the database does not know; what exists is never changed.
pub async fn sembrar(pool: &PgPool) -> Result<(), ErrorRepositorio> {
    for texto in FLUJOS {
        let documento: Value = serde_json::from_str(texto).map_err(de_datos)?;
        sembrar_flujo(pool, con_esquemas(documento)?).await?;
    }
    let planes: Vec<PlanSembrado> = serde_json::from_str(PLANES).map_err(de_datos)?;
    for plan in planes {
        sembrar_plan(pool, plan).await?;
    }
    Ok(())
}

/// Embeds topic and schema of each message, so that the definition stands on its own for ever.
fn con_esquemas(mut documento: Value) -> Result<Value, ErrorRepositorio> {
    let definicion = Definicion::leer(&documento).map_err(de_datos)?;
    let mut esquemas = serde_json::Map::new();
    let ordenes = definicion
        .pasos()
        .iter()
        .flat_map(|paso| [Direccion::Hacer, Direccion::Deshacer].map(|direccion| paso.orden(direccion)))
        .flatten();
    for tipo in ordenes.flat_map(|orden| std::iter::once(&orden.comando).chain(&orden.exito).chain(&orden.fallo)) {
        let tema = temas::por_tipo(tipo)
            .ok_or_else(|| de_datos(MensajeSinTema { flujo: definicion.clave().to_owned(), tipo: tipo.clone() }))?;
        let avsc: Value = serde_json::from_str(tema.avsc).map_err(de_datos)?;
        esquemas.insert(tipo.clone(), json!({ "tema": tema.nombre, "avsc": avsc }));
    }
    documento["esquemas"] = Value::Object(esquemas);
    Ok(documento)
}

async fn sembrar_flujo(pool: &PgPool, documento: Value) -> Result<(), ErrorRepositorio> {
    let definicion = Definicion::leer(&documento).map_err(de_datos)?;
    let sha256 = hex::encode(digest(&SHA256, documento.to_string().as_bytes()));
    sqlx::query!(
        "insert into definicion_saga (clave, version, documento, sha256, estado, creada)
         values ($1, $2, $3, $4, 'activa', now()) on conflict do nothing",
        definicion.clave(),
        definicion.version().cast_signed(),
        documento,
        sha256,
    )
    .execute(pool)
    .await
    .map_err(de_sql)?;
    Ok(())
}

async fn sembrar_plan(pool: &PgPool, plan: PlanSembrado) -> Result<(), ErrorRepositorio> {
    let monto = Monto::try_from(plan.monto.as_str()).map_err(de_datos)?;
    let recursos = plan.recursos.map(serde_json::to_value).transpose().map_err(de_datos)?;
    sqlx::query!(
        "insert into plan (codigo, nombre, monto_centavos, moneda, en_venta, flujo, recursos, actualizado)
         values ($1, $2, $3, $4, true, $5, $6, now()) on conflict (codigo) do nothing",
        plan.codigo,
        plan.nombre,
        monto.centavos(),
        plan.moneda,
        plan.flujo,
        recursos,
    )
    .execute(pool)
    .await
    .map_err(de_sql)?;
    Ok(())
}

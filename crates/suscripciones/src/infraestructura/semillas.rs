use saga::Definicion;
use serde::Deserialize;
use serde_json::Value;
use sqlx::PgPool;

use super::errores::{de_datos, de_sql};
use super::esquemas_de_saga::con_esquemas;
use super::filas_plan::RecursosGuardados;
use super::pg_flujos;
use crate::aplicacion::puertos::ErrorRepositorio;
use crate::dominio::{Caso, Monto, Operacion};

/// The flows that a new database begins with.
const FLUJOS: &[&str] = &[
    include_str!("../../config/flujos/pro.json"),
    include_str!("../../config/flujos/cancelacion.json"),
    include_str!("../../config/flujos/cambio_a_pro.json"),
    include_str!("../../config/flujos/cambio_desde_pro.json"),
    include_str!("../../config/flujos/cambio_entre_pro.json"),
];
/// Which flow carries out each operation in a new database.
const OPERACIONES: &str = include_str!("../../config/operaciones.json");
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

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OperacionSembrada {
    operacion: String,
    desde: Option<String>,
    hacia: Option<String>,
    flujo: String,
}

/// An operation of the repository that is none.
#[derive(Debug, thiserror::Error)]
#[error("there is no operation {0}")]
struct OperacionDesconocida(String);

/// Loads flows, plans and rules that the database does not know; what exists is never changed.
pub async fn sembrar(pool: &PgPool) -> Result<(), ErrorRepositorio> {
    for texto in FLUJOS {
        let documento: Value = serde_json::from_str(texto).map_err(de_datos)?;
        sembrar_flujo(pool, con_esquemas(documento)).await?;
    }
    let planes: Vec<PlanSembrado> = serde_json::from_str(PLANES).map_err(de_datos)?;
    for plan in planes {
        sembrar_plan(pool, plan).await?;
    }
    let operaciones: Vec<OperacionSembrada> = serde_json::from_str(OPERACIONES).map_err(de_datos)?;
    for OperacionSembrada { operacion, desde, hacia, flujo } in operaciones {
        let conocida = Operacion::de_nombre(&operacion).ok_or_else(|| de_datos(OperacionDesconocida(operacion)))?;
        pg_flujos::sembrar(pool, &Caso { operacion: conocida, desde, hacia }, &flujo).await?;
    }
    Ok(())
}

/// What came through the API is left alone: a version of the repository enters only above every known one.
async fn sembrar_flujo(pool: &PgPool, documento: Value) -> Result<(), ErrorRepositorio> {
    let definicion = Definicion::leer(&documento).map_err(de_datos)?;
    let (clave, version) = (definicion.clave(), definicion.version().cast_signed());
    let mut tx = pool.begin().await.map_err(de_sql)?;
    // Two instances that start at once would both find it missing.
    sqlx::query!("lock table definicion_saga in share row exclusive mode").execute(&mut *tx).await.map_err(de_sql)?;
    let conocida = sqlx::query_scalar!("select max(version) from definicion_saga where clave = $1", clave);
    let conocida = conocida.fetch_one(&mut *tx).await.map_err(de_sql)?;
    if conocida.is_some_and(|conocida| conocida >= version) {
        return Ok(());
    }
    sqlx::query!("update definicion_saga set estado = 'retirada' where clave = $1 and estado = 'activa'", clave)
        .execute(&mut *tx)
        .await
        .map_err(de_sql)?;
    sqlx::query!(
        "insert into definicion_saga (clave, version, documento, sha256, estado, creada)
         values ($1, $2, $3, $4, 'activa', now())",
        clave,
        version,
        documento,
        contratos::huella(&documento),
    )
    .execute(&mut *tx)
    .await
    .map_err(de_sql)?;
    tx.commit().await.map_err(de_sql)
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

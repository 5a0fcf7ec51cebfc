//! Which flow carries out each operation.

use std::collections::HashMap;

use sqlx::PgPool;

use super::errores::{de_datos, de_sql};
use crate::aplicacion::puertos::ErrorRepositorio;
use crate::dominio::{Caso, Operacion};

/// A row that names no operation.
#[derive(Debug, thiserror::Error)]
#[error("flujo_operacion {0}: unknown operation")]
struct OperacionDesconocida(String);

pub async fn leer(pool: &PgPool) -> Result<HashMap<Caso, String>, ErrorRepositorio> {
    let filas = sqlx::query!("select operacion, desde, hacia, flujo from flujo_operacion")
        .fetch_all(pool)
        .await
        .map_err(de_sql)?;
    let mut flujos = HashMap::with_capacity(filas.len());
    for fila in filas {
        let operacion =
            Operacion::de_nombre(&fila.operacion).ok_or_else(|| de_datos(OperacionDesconocida(fila.operacion)))?;
        flujos.insert(Caso { operacion, desde: con_nombre(fila.desde), hacia: con_nombre(fila.hacia) }, fila.flujo);
    }
    Ok(flujos)
}

pub async fn fijar(pool: &PgPool, caso: &Caso, flujo: Option<&str>) -> Result<(), ErrorRepositorio> {
    let operacion = caso.operacion.nombre();
    let desde = caso.desde.as_deref().unwrap_or_default();
    let hacia = caso.hacia.as_deref().unwrap_or_default();
    let consulta = match flujo {
        Some(flujo) => {
            sqlx::query!(
                "insert into flujo_operacion (operacion, desde, hacia, flujo, actualizado)
                 values ($1, $2, $3, $4, now())
                 on conflict (operacion, desde, hacia) do update set flujo = excluded.flujo, actualizado = now()",
                operacion,
                desde,
                hacia,
                flujo,
            )
            .execute(pool)
            .await
        }
        None => {
            sqlx::query!(
                "delete from flujo_operacion where operacion = $1 and desde = $2 and hacia = $3",
                operacion,
                desde,
                hacia,
            )
            .execute(pool)
            .await
        }
    };
    consulta.map(drop).map_err(de_sql)
}

/// Adds a rule that is not there yet.
pub async fn sembrar(pool: &PgPool, caso: &Caso, flujo: &str) -> Result<(), ErrorRepositorio> {
    sqlx::query!(
        "insert into flujo_operacion (operacion, desde, hacia, flujo, actualizado)
         values ($1, $2, $3, $4, now()) on conflict do nothing",
        caso.operacion.nombre(),
        caso.desde.as_deref().unwrap_or_default(),
        caso.hacia.as_deref().unwrap_or_default(),
        flujo,
    )
    .execute(pool)
    .await
    .map(drop)
    .map_err(de_sql)
}

fn con_nombre(flujo: String) -> Option<String> {
    Some(flujo).filter(|flujo| !flujo.is_empty())
}

//! Making tables again that somebody dropped: the migrations make all of them aside, and the missing ones move over.

use sqlx::{AssertSqlSafe, PgConnection, PgPool};

use super::almacen;
use crate::aplicacion::reproceso::puertos::ErrorReproceso;

/// The tables of sagas, which a reprocessing can fill again; without the first three there is nothing to compare.
const TABLAS: [&str; 4] = ["saga", "saga_log", "cursor_publicacion", "publicacion_estado"];
/// Where the migrations work meanwhile.
const APARTE: &str = "reproceso_moldes";

/// Whether there is something to compare.
pub(super) async fn estan(pool: &PgPool) -> Result<bool, ErrorReproceso> {
    let ausentes = ausentes(&mut *pool.acquire().await.map_err(almacen)?).await?;
    Ok(TABLAS[..3].iter().all(|tabla| !ausentes.iter().any(|ausente| ausente == tabla)))
}

async fn ausentes(con: &mut PgConnection) -> Result<Vec<String>, ErrorReproceso> {
    sqlx::query_scalar!(
        r#"select t as "tabla!" from unnest($1::text[]) as u (t) where to_regclass(quote_ident(t)) is null"#,
        &TABLAS.map(str::to_owned),
    )
    .fetch_all(con)
    .await
    .map_err(almacen)
}

/// Makes the missing ones, empty.
pub(super) async fn asegurar(pool: &PgPool) -> Result<(), ErrorReproceso> {
    let mut tx = pool.begin().await.map_err(almacen)?;
    let ausentes = ausentes(&mut tx).await?;
    if ausentes.is_empty() {
        return Ok(());
    }
    tracing::warn!(tablas = ?ausentes, "tables of sagas are missing: making them again");
    let actual = sqlx::query_scalar!(r#"select current_schema()::text as "esquema!""#)
        .fetch_one(&mut *tx)
        .await
        .map_err(almacen)?;
    ejecutar(&mut tx, format!("create schema {APARTE}; set local search_path = {APARTE}")).await?;
    for migracion in crate::MIGRADOR.iter() {
        ejecutar(&mut tx, migracion.sql.as_str().to_owned()).await?;
    }
    // Named without their schema, so that they mean the lasting one once they are made again.
    let despues = definiciones(&mut tx, &ausentes).await?;
    for tabla in &ausentes {
        ejecutar(&mut tx, format!("alter table {tabla} set schema {actual}")).await?;
    }
    ejecutar(&mut tx, format!("set local search_path = {actual}; drop schema {APARTE} cascade")).await?;
    for sentencia in despues {
        ejecutar(&mut tx, sentencia).await?;
    }
    tx.commit().await.map_err(almacen)
}

/// Drops what the tables that move have beside themselves (foreign keys, and indexes that no constraint owns); the
/// statements that make it again. So nothing of them stays tied to what is left behind.
async fn definiciones(con: &mut PgConnection, tablas: &[String]) -> Result<Vec<String>, ErrorReproceso> {
    let filas = sqlx::query!(
        r#"select format('alter table %I drop constraint %I', r.relname, c.conname) as "quitar!",
                  format('alter table %I add constraint %I %s', r.relname, c.conname, pg_get_constraintdef(c.oid))
                    as "poner!"
           from pg_constraint c join pg_class r on r.oid = c.conrelid
           where c.contype = 'f' and r.relnamespace = current_schema()::regnamespace and r.relname = any($1)
           union all
           select format('drop index %I', i.relname), pg_get_indexdef(i.oid)
           from pg_index x join pg_class i on i.oid = x.indexrelid join pg_class r on r.oid = x.indrelid
           where r.relnamespace = current_schema()::regnamespace and r.relname = any($1)
             and not exists (select from pg_constraint c where c.conindid = i.oid)"#,
        tablas,
    )
    .fetch_all(&mut *con)
    .await
    .map_err(almacen)?;
    let mut poner = Vec::with_capacity(filas.len());
    for fila in filas {
        ejecutar(con, fila.quitar).await?;
        poner.push(fila.poner.replace(&format!("{APARTE}."), ""));
    }
    Ok(poner)
}

async fn ejecutar(con: &mut PgConnection, sql: String) -> Result<(), ErrorReproceso> {
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(con).await.map_err(almacen)?;
    Ok(())
}

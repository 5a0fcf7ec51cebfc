//! The outbox: messages that a transaction promises to send. Rows are inserted and deleted, never updated.

use std::collections::BTreeMap;
use std::time::Duration;

use contratos::Saliente;
use sqlx::types::Json;
use sqlx::{PgConnection, PgExecutor};
use uuid::Uuid;

/// How many rows one pass of the sweeper takes.
pub(crate) const LOTE_DE_BARRIDO: usize = 500;

/// Depth of the outbox and age of its oldest row.
pub(crate) struct Medida {
    pub(crate) filas: i64,
    pub(crate) edad_segundos: f64,
}

/// Writes the messages into the caller's transaction, with one statement.
///
/// An id that is already waiting is left alone, so storing a reply again is harmless.
pub async fn encolar(con: &mut PgConnection, mensajes: &[Saliente]) -> Result<(), sqlx::Error> {
    if mensajes.is_empty() {
        return Ok(());
    }
    let ids: Vec<Uuid> = mensajes.iter().map(|m| m.id).collect();
    let temas: Vec<&str> = mensajes.iter().map(|m| m.tema.as_str()).collect();
    let claves: Vec<&str> = mensajes.iter().map(|m| m.clave.as_str()).collect();
    let cargas: Vec<&[u8]> = mensajes.iter().map(|m| m.carga.as_slice()).collect();
    let propiedades: Vec<Json<&BTreeMap<String, String>>> = mensajes.iter().map(|m| Json(&m.propiedades)).collect();
    // Sorted, so that two transactions with ids in common wait for each other instead of deadlocking.
    sqlx::query!(
        "insert into bandejas.outbox (id, tema, clave, carga, propiedades)
         select id, tema, clave, carga, propiedades
         from unnest($1::uuid[], $2::text[], $3::text[], $4::bytea[], $5::jsonb[])
              as m (id, tema, clave, carga, propiedades)
         order by id
         on conflict (id) do nothing",
        &ids,
        &temas as &[&str],
        &claves as &[&str],
        &cargas as &[&[u8]],
        &propiedades as &[Json<&BTreeMap<String, String>>],
    )
    .execute(con)
    .await?;
    Ok(())
}

/// Deletes what the broker confirmed and returns how many rows that were.
///
/// Rows that a sweeper holds are skipped: it deletes them itself, and nobody waits for its transaction.
pub(crate) async fn borrar(con: impl PgExecutor<'_>, ids: &[Uuid]) -> Result<u64, sqlx::Error> {
    let borradas = sqlx::query!(
        "delete from bandejas.outbox
         where id in (select id from bandejas.outbox where id = any($1) for update skip locked)",
        ids,
    )
    .execute(con)
    .await?;
    Ok(borradas.rows_affected())
}

/// Locks and returns the oldest rows that nobody holds, except those of the topics in `omitidos`.
pub(crate) async fn tomar_atrasadas(con: &mut PgConnection, omitidos: &[String]) -> Result<Vec<Saliente>, sqlx::Error> {
    let filas = sqlx::query!(
        r#"select id, tema, clave, carga, propiedades as "propiedades: Json<BTreeMap<String, String>>"
           from bandejas.outbox
           where creado < now() - interval '5 seconds' and tema <> all($1)
           order by creado
           limit $2
           for update skip locked"#,
        omitidos,
        LOTE_DE_BARRIDO as i64,
    )
    .fetch_all(con)
    .await?;
    let salientes = filas.into_iter().map(|f| Saliente {
        tema: f.tema,
        id: f.id,
        clave: f.clave,
        carga: f.carga,
        propiedades: f.propiedades.0,
    });
    Ok(salientes.collect())
}

/// Lets this transaction stand still for as long as receipts may take, and a little more.
pub(crate) async fn consentir_espera(con: &mut PgConnection, espera: Duration) -> Result<(), sqlx::Error> {
    let milisegundos = (2 * espera).as_millis().to_string();
    sqlx::query!("select set_config('idle_in_transaction_session_timeout', $1, true)", milisegundos)
        .fetch_one(con)
        .await?;
    Ok(())
}

/// How many messages wait to be sent.
pub async fn pendientes(con: impl PgExecutor<'_>) -> Result<i64, sqlx::Error> {
    Ok(medir(con).await?.filas)
}

pub(crate) async fn medir(con: impl PgExecutor<'_>) -> Result<Medida, sqlx::Error> {
    sqlx::query_as!(
        Medida,
        r#"select count(*) as "filas!",
                  coalesce(extract(epoch from now() - min(creado)), 0)::float8 as "edad_segundos!"
           from bandejas.outbox"#,
    )
    .fetch_one(con)
    .await
}

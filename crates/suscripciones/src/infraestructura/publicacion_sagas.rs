use std::sync::Arc;
use std::time::Duration;

use mensajeria::Publicar;
use sqlx::{PgConnection, PgPool};
use tokio_util::sync::CancellationToken;

use super::errores::de_sql;
use super::mensajes_sagas::{FilaLog, registro};
use super::publicacion_estados::{self as estados, Corte};
use crate::aplicacion::puertos::ErrorRepositorio;

/// How long transitions gather before they are published: a saga's life fits in one or two messages.
const RITMO: Duration = Duration::from_millis(200);
/// Transitions per message.
const LOTE: i64 = 50;
/// The whole log is one partition.
const PARTICION: i16 = 0;

/// Publishes saga_log to `saga-log`, and the states of the sagas that moved to `saga-estado`, until `cierre`.
///
/// At least once: the cursor moves after the receipts. Its row lock keeps this to one instance at a time.
pub async fn publicar_sagas(pool: PgPool, publicador: Arc<dyn Publicar>, cierre: CancellationToken) {
    loop {
        let llena = match ronda(&pool, publicador.as_ref()).await {
            Ok(llena) => llena,
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "the saga log could not be published");
                false
            }
        };
        let espera = if llena { Duration::ZERO } else { RITMO };
        tokio::select! {
            () = cierre.cancelled() => return,
            () = tokio::time::sleep(espera) => {}
        }
    }
}

/// One round; true when there may be more to publish.
async fn ronda(pool: &PgPool, publicador: &dyn Publicar) -> Result<bool, ErrorRepositorio> {
    if !publicador.disponible() {
        return Ok(false);
    }
    let mut tx = pool.begin().await.map_err(de_sql)?;
    let Some(cursor) = tomar_cursor(&mut tx).await? else { return Ok(false) };
    let filas = por_publicar(&mut tx, &cursor).await?;
    let mut mensajes = Vec::new();
    let hasta = match filas.last() {
        Some(ultima) => {
            mensajes.push(registro(&filas)?);
            mensajes.extend(estados::terminadas(&mut tx, &filas).await?);
            Corte { tx: ultima.tx.clone(), saga: ultima.saga, version: ultima.version }
        }
        None => cursor,
    };
    let vivas = estados::vivas(&mut tx, PARTICION, &hasta).await?;
    let con_vivas = vivas.is_some();
    mensajes.extend(vivas.unwrap_or_default());
    if publicador.publicar(mensajes).await.iter().any(Result::is_err) {
        return Ok(false);
    }
    if !filas.is_empty() {
        mover_cursor(&mut tx, &hasta).await?;
    }
    if con_vivas {
        estados::avanzar(&mut tx, PARTICION, &hasta).await?;
    }
    tx.commit().await.map_err(de_sql)?;
    Ok(filas.len() as i64 == LOTE)
}

async fn tomar_cursor(con: &mut PgConnection) -> Result<Option<Corte>, ErrorRepositorio> {
    sqlx::query_as!(Corte, r#"select tx::text as "tx!", saga, version from publicacion_saga for update skip locked"#)
        .fetch_optional(con)
        .await
        .map_err(de_sql)
}

async fn mover_cursor(con: &mut PgConnection, hasta: &Corte) -> Result<(), ErrorRepositorio> {
    sqlx::query!(
        "update publicacion_saga set tx = $1::text::xid8, saga = $2, version = $3",
        hasta.tx,
        hasta.saga,
        hasta.version,
    )
    .execute(con)
    .await
    .map_err(de_sql)?;
    Ok(())
}

/// The next rows after the cursor. Rows of transactions that may still commit before others are left for later.
async fn por_publicar(con: &mut PgConnection, cursor: &Corte) -> Result<Vec<FilaLog>, ErrorRepositorio> {
    sqlx::query_as!(
        FilaLog,
        r#"select l.tx::text as "tx!", l.saga, l.version, l.instante, l.entrada,
                  s.id_suscripcion as "id_suscripcion?", s.inquilino as "inquilino?",
                  s.codigo_cliente as "codigo_cliente?", s.codigo_plan as "codigo_plan?",
                  s.definicion as "definicion?", s.definicion_version as "definicion_version?",
                  s.traza as "traza?", s.creada as "creada?"
           from saga_log l left join saga s on l.version = 1 and s.id = l.saga
           where (l.tx, l.saga, l.version) > ($1::text::xid8, $2::uuid, $3::bigint)
             and l.tx < pg_snapshot_xmin(pg_current_snapshot())
           order by l.tx, l.saga, l.version limit $4"#,
        cursor.tx,
        cursor.saga,
        cursor.version,
        LOTE,
    )
    .fetch_all(con)
    .await
    .map_err(de_sql)
}

//! Which states go to `saga-estado`, and when: a saga's last one at once, those before it at most once a second.
//!
//! The topic keeps the last state of each saga, so the ones between only cost. The states of live sagas follow the
//! log with a cursor of their own; what lies between the two cursors is still to be told, whoever dies meanwhile.

use contratos::Saliente;
use sqlx::PgConnection;
use uuid::Uuid;

use super::errores::de_sql;
use super::mensajes_sagas::{FilaEstado, FilaLog, estado};
use crate::aplicacion::puertos::ErrorRepositorio;

/// A place in saga_log, in the order of its publication.
pub struct Corte {
    pub tx: String,
    pub saga: Uuid,
    pub version: i64,
}

/// The states of the sagas that one of these rows ends.
pub async fn terminadas(con: &mut PgConnection, filas: &[FilaLog]) -> Result<Vec<Saliente>, ErrorRepositorio> {
    let ids: Vec<Uuid> = filas.iter().map(|fila| fila.saga).collect();
    let versiones: Vec<i64> = filas.iter().map(|fila| fila.version).collect();
    let sagas = sqlx::query_as!(
        FilaEstado,
        "select s.id, s.id_suscripcion, s.inquilino, s.codigo_cliente, s.codigo_plan, s.definicion, s.definicion_version,
                s.traza, s.creada, s.version, s.fase, s.estado
         from saga s join unnest($1::uuid[], $2::bigint[]) as f (id, version) on f.id = s.id and f.version = s.version
         where s.fase not in ('avanzando', 'deshaciendo')",
        &ids,
        &versiones,
    )
    .fetch_all(con)
    .await
    .map_err(de_sql)?;
    sagas.into_iter().map(estado).collect()
}

/// The states of the live sagas that moved since the last time, when that was a second ago; `None` when it was not,
/// or nothing moved. A saga whose last transition lies beyond `hasta` waits for it: no state is ahead of the log.
pub async fn vivas(
    con: &mut PgConnection,
    particion: i16,
    hasta: &Corte,
) -> Result<Option<Vec<Saliente>>, ErrorRepositorio> {
    let cursor = sqlx::query!(
        r#"select tx::text as "tx!", saga, version, publicado > clock_timestamp() - interval '1 second' as "reciente!",
                  (tx, saga, version) >= ($2::text::xid8, $3::uuid, $4::bigint) as "al_dia!"
           from publicacion_estado where particion = $1"#,
        particion,
        hasta.tx,
        hasta.saga,
        hasta.version,
    )
    .fetch_optional(&mut *con)
    .await
    .map_err(de_sql)?;
    let desde = match cursor {
        Some(cursor) if cursor.reciente || cursor.al_dia => return Ok(None),
        Some(cursor) => Corte { tx: cursor.tx, saga: cursor.saga, version: cursor.version },
        None => Corte { tx: "0".to_owned(), saga: Uuid::nil(), version: 0 },
    };
    let sagas = sqlx::query_as!(
        FilaEstado,
        "select s.id, s.id_suscripcion, s.inquilino, s.codigo_cliente, s.codigo_plan, s.definicion, s.definicion_version,
                s.traza, s.creada, s.version, s.fase, s.estado
         from saga_log l join saga s on s.id = l.saga and s.version = l.version
         where (l.tx, l.saga, l.version) > ($1::text::xid8, $2::uuid, $3::bigint)
           and (l.tx, l.saga, l.version) <= ($4::text::xid8, $5::uuid, $6::bigint)
           and s.fase in ('avanzando', 'deshaciendo')",
        desde.tx,
        desde.saga,
        desde.version,
        hasta.tx,
        hasta.saga,
        hasta.version,
    )
    .fetch_all(con)
    .await
    .map_err(de_sql)?;
    Ok(Some(sagas.into_iter().map(estado).collect::<Result<_, _>>()?))
}

/// Moves the cursor of the states of live sagas.
pub async fn avanzar(con: &mut PgConnection, particion: i16, hasta: &Corte) -> Result<(), ErrorRepositorio> {
    sqlx::query!(
        "insert into publicacion_estado (particion, tx, saga, version, publicado)
         values ($1, $2::text::xid8, $3, $4, clock_timestamp())
         on conflict (particion) do update
           set tx = excluded.tx, saga = excluded.saga, version = excluded.version, publicado = excluded.publicado",
        particion,
        hasta.tx,
        hasta.saga,
        hasta.version,
    )
    .execute(con)
    .await
    .map_err(de_sql)?;
    Ok(())
}

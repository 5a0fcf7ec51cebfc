//! Which states go to `saga-estado`, and when: a saga's last one at once, those before it at most once a second.
//!
//! The topic keeps the last state of each saga, so the ones between only cost. The states of live sagas follow the
//! log with a cursor of their own; what lies between the two cursors is still to be told, whoever dies meanwhile.

use contratos::Saliente;
use sqlx::PgPool;
use uuid::Uuid;

use super::arrendamientos::{Columnas, Lugares};
use super::errores::de_sql;
use super::mensajes_sagas::{FilaEstado, FilaLog, estado};
use crate::aplicacion::Tenencia;
use crate::aplicacion::puertos::ErrorRepositorio;

/// The states of the sagas that one of these rows ends.
pub async fn terminadas(pool: &PgPool, filas: &[FilaLog]) -> Result<Vec<Saliente>, ErrorRepositorio> {
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
    .fetch_all(pool)
    .await
    .map_err(de_sql)?;
    sagas.into_iter().map(estado).collect()
}

/// The states of the live sagas that moved between these places of their partitions. A saga whose last transition
/// lies beyond waits for it: no state is ahead of the log.
pub async fn vivas(pool: &PgPool, desde: &Lugares, hasta: &Lugares) -> Result<Vec<Saliente>, ErrorRepositorio> {
    let (Some(primero), Some(ultimo)) = (desde.primero(), hasta.ultimo()) else { return Ok(Vec::new()) };
    let (desde, hasta) = (desde.columnas(), hasta.columnas());
    let sagas = sqlx::query_as!(
        FilaEstado,
        "select s.id, s.id_suscripcion, s.inquilino, s.codigo_cliente, s.codigo_plan, s.definicion, s.definicion_version,
                s.traza, s.creada, s.version, s.fase, s.estado
         from saga_log l join saga s on s.id = l.saga and s.version = l.version
         where (l.tx, l.saga, l.version) > ($1::text::xid8, $2::uuid, $3::bigint)
           and (l.tx, l.saga, l.version) <= ($4::text::xid8, $5::uuid, $6::bigint)
           and (l.tx, l.saga, l.version) > (($7::text[])[particion_saga(l.saga) + 1]::xid8,
                                            ($8::uuid[])[particion_saga(l.saga) + 1],
                                            ($9::bigint[])[particion_saga(l.saga) + 1])
           and (l.tx, l.saga, l.version) <= (($10::text[])[particion_saga(l.saga) + 1]::xid8,
                                             ($11::uuid[])[particion_saga(l.saga) + 1],
                                             ($12::bigint[])[particion_saga(l.saga) + 1])
           and s.fase in ('avanzando', 'deshaciendo')",
        primero.tx.to_string(),
        primero.saga,
        primero.version,
        ultimo.tx.to_string(),
        ultimo.saga,
        ultimo.version,
        &desde.txs as &[Option<String>],
        &desde.sagas as &[Option<Uuid>],
        &desde.versiones as &[Option<i64>],
        &hasta.txs as &[Option<String>],
        &hasta.sagas as &[Option<Uuid>],
        &hasta.versiones as &[Option<i64>],
    )
    .fetch_all(pool)
    .await
    .map_err(de_sql)?;
    sagas.into_iter().map(estado).collect()
}

/// Moves the cursors of the states of live sagas, of the partitions that are still held.
pub async fn avanzar(pool: &PgPool, tenencia: &Tenencia, hasta: &Lugares) -> Result<(), ErrorRepositorio> {
    let Columnas { txs, sagas, versiones } = hasta.columnas();
    sqlx::query!(
        "with vigente as (
           select particion from cursor_publicacion
           where (particion, epoca) in (select * from unnest($1::smallint[], $2::bigint[]))
           for share)
         insert into publicacion_estado (particion, tx, saga, version, publicado)
         select v.particion, f.tx::xid8, f.saga, f.version, statement_timestamp()
         from vigente v
         join unnest($3::text[], $4::uuid[], $5::bigint[]) with ordinality as f (tx, saga, version, lugar)
           on f.lugar - 1 = v.particion
         on conflict (particion) do update
           set tx = excluded.tx, saga = excluded.saga, version = excluded.version, publicado = excluded.publicado",
        &tenencia.particiones(),
        &tenencia.epocas(),
        &txs as &[Option<String>],
        &sagas as &[Option<Uuid>],
        &versiones as &[Option<i64>],
    )
    .execute(pool)
    .await
    .map_err(de_sql)?;
    Ok(())
}

//! How far each partition's log has been published, and what comes next: one question for all that are held.

use sqlx::PgPool;
use uuid::Uuid;

use super::lugares::{Columnas, Lugar, Lugares};
use crate::aplicacion::Tenencia;
use crate::aplicacion::puertos::ErrorRepositorio;
use crate::infraestructura::errores::{de_datos, de_sql};
use crate::infraestructura::mensajes_sagas::FilaLog;

/// How far the held partitions have been published.
pub(super) struct Cursores {
    /// Those that are still held.
    pub(super) tenencia: Tenencia,
    pub(super) registro: Lugares,
    /// The states of live sagas follow at their own pace.
    pub(super) estados: Lugares,
    /// The states of live sagas may be told now.
    pub(super) tocan_estados: bool,
    /// Before here nothing more can appear.
    pub(super) horizonte: Lugar,
}

/// The cursors of what is held; none when nothing is.
pub(super) async fn leer(pool: &PgPool, tenencia: &Tenencia) -> Result<Option<Cursores>, ErrorRepositorio> {
    let filas = sqlx::query!(
        r#"select c.particion, c.epoca, c.tx::text as "tx!", c.saga, c.version,
                  coalesce(e.tx::text, '0') as "estado_tx!",
                  coalesce(e.saga, '00000000-0000-0000-0000-000000000000') as "estado_saga!",
                  coalesce(e.version, 0) as "estado_version!",
                  coalesce(e.publicado <= clock_timestamp() - interval '1 second', true) as "tocan!",
                  pg_snapshot_xmin(pg_current_snapshot())::text as "horizonte!"
           from cursor_publicacion c left join publicacion_estado e on e.particion = c.particion
           where (c.particion, c.epoca) in (select * from unnest($1::smallint[], $2::bigint[]))"#,
        &tenencia.particiones(),
        &tenencia.epocas(),
    )
    .fetch_all(pool)
    .await
    .map_err(de_sql)?;
    let Some(primera) = filas.first() else { return Ok(None) };
    let lugar = |tx: &str, saga: Uuid, version: i64| tx.parse().map(|tx| Lugar { tx, saga, version }).map_err(de_datos);
    let horizonte = lugar(&primera.horizonte, Uuid::nil(), 0)?;
    let registro = filas.iter().map(|f| Ok((f.particion, lugar(&f.tx, f.saga, f.version)?)));
    let estados = filas.iter().map(|f| Ok((f.particion, lugar(&f.estado_tx, f.estado_saga, f.estado_version)?)));
    Ok(Some(Cursores {
        tenencia: filas.iter().map(|fila| (fila.particion, fila.epoca)).collect(),
        registro: registro.collect::<Result<_, ErrorRepositorio>>()?,
        estados: estados.collect::<Result<_, ErrorRepositorio>>()?,
        tocan_estados: filas.iter().all(|fila| fila.tocan),
        horizonte,
    }))
}

/// The next rows of the held partitions, in order. What transactions that still run may yet put before others is
/// left for later.
pub(super) async fn por_publicar(
    pool: &PgPool,
    cursores: &Cursores,
    limite: i64,
) -> Result<Vec<FilaLog>, ErrorRepositorio> {
    let Some(desde) = cursores.registro.primero() else { return Ok(Vec::new()) };
    let Columnas { txs, sagas, versiones } = cursores.registro.columnas();
    sqlx::query_as!(
        FilaLog,
        // A partition that is not held has no place, and nothing comes after nowhere.
        r#"select l.tx::text as "tx!", l.saga, l.version, l.instante, l.entrada,
                  s.id_suscripcion as "id_suscripcion?", s.inquilino as "inquilino?",
                  s.codigo_cliente as "codigo_cliente?", s.codigo_plan as "codigo_plan?",
                  s.definicion as "definicion?", s.definicion_version as "definicion_version?",
                  s.traza as "traza?", s.creada as "creada?"
           from saga_log l left join saga s on l.version = 1 and s.id = l.saga
           where (l.tx, l.saga, l.version) > ($1::text::xid8, $2::uuid, $3::bigint) and l.tx < $4::text::xid8
             and (l.tx, l.saga, l.version) > (($5::text[])[particion_saga(l.saga) + 1]::xid8,
                                              ($6::uuid[])[particion_saga(l.saga) + 1],
                                              ($7::bigint[])[particion_saga(l.saga) + 1])
           order by l.tx, l.saga, l.version limit $8"#,
        desde.tx.to_string(),
        desde.saga,
        desde.version,
        cursores.horizonte.tx.to_string(),
        &txs as &[Option<String>],
        &sagas as &[Option<Uuid>],
        &versiones as &[Option<i64>],
        limite,
    )
    .fetch_all(pool)
    .await
    .map_err(de_sql)
}

/// Moves the cursors that are behind `hasta`, of those whose epoch is still the one that was read; how many moved.
pub(super) async fn mover(pool: &PgPool, tenencia: &Tenencia, hasta: &Lugares) -> Result<usize, ErrorRepositorio> {
    let Columnas { txs, sagas, versiones } = hasta.columnas();
    let movidos = sqlx::query!(
        "update cursor_publicacion c set tx = f.tx::xid8, saga = f.saga, version = f.version
         from unnest($3::text[], $4::uuid[], $5::bigint[]) with ordinality as f (tx, saga, version, lugar)
         where c.particion = f.lugar - 1
           and (c.particion, c.epoca) in (select * from unnest($1::smallint[], $2::bigint[]))
           and (c.tx, c.saga, c.version) < (f.tx::xid8, f.saga, f.version)",
        &tenencia.particiones(),
        &tenencia.epocas(),
        &txs as &[Option<String>],
        &sagas as &[Option<Uuid>],
        &versiones as &[Option<i64>],
    )
    .execute(pool)
    .await
    .map_err(de_sql)?;
    usize::try_from(movidos.rows_affected()).map_err(de_datos)
}

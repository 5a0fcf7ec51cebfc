//! Writing the tables again from the bench, in one transaction.

use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use super::almacen;
use crate::aplicacion::reproceso::puertos::{ErrorReproceso, Rehecho};
use crate::dominio::IdSaga;

/// Inserts what is missing, replaces `distintas`, and has published again what Pulsar lacks.
///
/// With `una` only that row is locked; otherwise nobody writes the tables meanwhile, whatever became of the pause.
pub(super) async fn rehacer(
    pool: &PgPool,
    foto: &str,
    distintas: &[IdSaga],
    una: Option<Uuid>,
) -> Result<Rehecho, ErrorReproceso> {
    let mut tx = pool.begin().await.map_err(almacen)?;
    sqlx::query!("set local lock_timeout = '15s'").execute(&mut *tx).await.map_err(almacen)?;
    if una.is_none() {
        sqlx::query!("lock table saga, saga_log in share row exclusive mode")
            .execute(&mut *tx)
            .await
            .map_err(almacen)?;
    }
    let mut rehecho = Rehecho::default();
    apartar(&mut tx, &mut rehecho).await?;
    let ids: Vec<Uuid> = distintas.iter().map(|saga| saga.0).collect();
    let reemplazadas = reemplazar(&mut tx, &ids).await?;
    if una.is_some() && reemplazadas != ids.len() as u64 {
        return Err(ErrorReproceso::EnMovimiento);
    }
    rehecho.sagas = reemplazadas + insertar(&mut tx).await?;
    rehecho.transiciones = anotar(&mut tx).await?;
    rehecho.republicadas = republicar(&mut tx, foto, una).await?;
    asentar_cursores(&mut tx).await?;
    tx.commit().await.map_err(almacen)?;
    Ok(rehecho)
}

/// Takes off the bench what may not be inserted: sagas of an unknown definition, and the later one of two live sagas
/// of a subscription, which began after the other had ended.
async fn apartar(con: &mut PgConnection, rehecho: &mut Rehecho) -> Result<(), ErrorReproceso> {
    let filas = sqlx::query!(
        r#"with faltan as (
             select r.id, r.id_suscripcion, r.fase in ('avanzando', 'deshaciendo') as viva,
                    row_number() over (partition by r.id_suscripcion, r.fase in ('avanzando', 'deshaciendo')
                                       order by r.creada, r.id) as turno,
                    not exists (select from definicion_saga d
                                where d.clave = r.definicion and d.version = r.definicion_version) as sin_definicion
             from reproceso.saga r where not exists (select from saga s where s.id = r.id)),
           apartadas as (
             select f.id, f.sin_definicion from faltan f
             where f.sin_definicion
                or f.viva and (f.turno > 1 or exists (
                     select from saga s where s.id_suscripcion = f.id_suscripcion and s.fase in ('avanzando', 'deshaciendo'))))
           delete from reproceso.saga r using apartadas a where a.id = r.id
           returning r.id, a.sin_definicion as "sin_definicion!""#,
    )
    .fetch_all(con)
    .await
    .map_err(almacen)?;
    for fila in filas {
        let lista = if fila.sin_definicion { &mut rehecho.sin_definicion } else { &mut rehecho.aplazadas };
        lista.push(IdSaga(fila.id));
    }
    Ok(())
}

/// The rows that differ and are no newer than what was published; those that were behind go on as restored.
async fn reemplazar(con: &mut PgConnection, ids: &[Uuid]) -> Result<u64, ErrorReproceso> {
    sqlx::query!(
        "insert into reproceso.restaurada (saga)
         select r.id from reproceso.saga r join saga s on s.id = r.id
         where r.id = any($1) and s.version < r.version and r.fase in ('avanzando', 'deshaciendo')
         on conflict do nothing",
        ids,
    )
    .execute(&mut *con)
    .await
    .map_err(almacen)?;
    let reemplazadas = sqlx::query!(
        "update saga s
         set fase = r.fase, atascada = r.atascada, version = r.version, estado = r.estado, proximo_plazo = r.proximo_plazo,
             creada = r.creada, actualizada = r.actualizada, definicion = r.definicion,
             definicion_version = r.definicion_version, id_suscripcion = r.id_suscripcion, inquilino = r.inquilino,
             codigo_cliente = r.codigo_cliente, codigo_plan = r.codigo_plan, traza = r.traza
         from reproceso.saga r
         where r.id = s.id and s.id = any($1) and s.version <= r.version",
        ids,
    )
    .execute(con)
    .await
    .map_err(almacen)?;
    Ok(reemplazadas.rows_affected())
}

async fn insertar(con: &mut PgConnection) -> Result<u64, ErrorReproceso> {
    let insertadas = sqlx::query!(
        "with nuevas as (
           insert into saga (id, fase, atascada, version, estado, proximo_plazo, creada, actualizada, definicion,
                             definicion_version, id_suscripcion, inquilino, codigo_cliente, codigo_plan, traza)
           select id, fase, atascada, version, estado, proximo_plazo, creada, actualizada, definicion,
                  definicion_version, id_suscripcion, inquilino, codigo_cliente, codigo_plan, traza
           from reproceso.saga r where not exists (select from saga s where s.id = r.id)
           returning id, fase),
         vivas as (
           insert into reproceso.restaurada (saga)
           select id from nuevas where fase in ('avanzando', 'deshaciendo') on conflict do nothing)
         select count(*) as \"cuantas!\" from nuevas",
    )
    .fetch_one(con)
    .await
    .map_err(almacen)?;
    Ok(insertadas.cuantas.unsigned_abs())
}

/// The transitions, as long published: before any transaction.
async fn anotar(con: &mut PgConnection) -> Result<u64, ErrorReproceso> {
    let nuevas = sqlx::query!(
        "insert into saga_log (saga, version, instante, entrada, tx)
         select l.saga, l.version, l.instante, l.entrada, '0'::xid8
         from reproceso.saga_log l join reproceso.saga r on r.id = l.saga and l.version <= r.version
         where not exists (select from saga_log p where p.saga = l.saga and p.version = l.version)",
    )
    .execute(&mut *con)
    .await
    .map_err(almacen)?;
    let corregidas = sqlx::query!(
        "update saga_log l set entrada = b.entrada, instante = b.instante
         from reproceso.saga_log b join reproceso.saga r on r.id = b.saga and b.version <= r.version
         where l.saga = b.saga and l.version = b.version and (l.entrada, l.instante) <> (b.entrada, b.instante)",
    )
    .execute(con)
    .await
    .map_err(almacen)?;
    Ok(nuevas.rows_affected() + corregidas.rows_affected())
}

/// Puts what only the tables had where the cursors have yet to come.
async fn republicar(con: &mut PgConnection, foto: &str, una: Option<Uuid>) -> Result<u64, ErrorReproceso> {
    let republicadas = sqlx::query!(
        "update saga_log l set tx = pg_current_xact_id()
         where ($2::uuid is null or l.saga = $2) and pg_visible_in_snapshot(l.tx, $1::text::pg_snapshot)
           and not exists (select from reproceso.saga_log b where b.saga = l.saga and b.version = l.version)",
        foto,
        una,
    )
    .execute(con)
    .await
    .map_err(almacen)?;
    Ok(republicadas.rows_affected())
}

/// Leaves behind the cursors what came from the topics. Cursors that are gone, new, or from another cluster, which are
/// ahead of every transaction of this one, stand where nothing was published yet but what came from the topics.
async fn asentar_cursores(con: &mut PgConnection) -> Result<(), ErrorReproceso> {
    let ajenos = sqlx::query!(
        "insert into cursor_publicacion as c (particion, epoca, tx, saga, version)
         select a.particion, a.epoca, '0', 'ffffffff-ffff-ffff-ffff-ffffffffffff', 9223372036854775807
         from (select particion, epoca from arrendamiento for share) as a
         on conflict (particion) do update
           set epoca = excluded.epoca, tx = excluded.tx, saga = excluded.saga, version = excluded.version
           where c.tx = '0' or c.tx > pg_current_xact_id()
         returning c.particion",
    )
    .fetch_all(&mut *con)
    .await
    .map_err(almacen)?;
    if ajenos.is_empty() {
        return Ok(());
    }
    let particiones: Vec<i16> = ajenos.into_iter().map(|ajeno| ajeno.particion).collect();
    sqlx::query!(
        "update saga_log l set tx = '0'
         where l.tx <> '0' and particion_saga(l.saga) = any($1)
           and exists (select from reproceso.saga_log b where b.saga = l.saga and b.version = l.version)",
        &particiones,
    )
    .execute(&mut *con)
    .await
    .map_err(almacen)?;
    sqlx::query!("delete from publicacion_estado where tx > pg_current_xact_id()")
        .execute(con)
        .await
        .map_err(almacen)?;
    Ok(())
}

//! The leases and heartbeats as the database keeps them. Only its clock counts.

use sqlx::{PgExecutor, PgPool};
use uuid::Uuid;

use super::VIGENCIA;
use crate::aplicacion::Tenencia;

/// Says that the instance lives.
pub(super) async fn latir(con: impl PgExecutor<'_>, instancia: Uuid, direccion: &str) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into orquestador (instancia, direccion, desde, latido, vence)
         select $1, $2, reloj, reloj, reloj + make_interval(secs => $3) from clock_timestamp() as reloj
         on conflict (instancia) do update set latido = excluded.latido, vence = excluded.vence",
        instancia,
        direccion,
        VIGENCIA.as_secs_f64(),
    )
    .execute(con)
    .await?;
    Ok(())
}

/// What the instance holds.
pub(super) async fn tenencia(con: impl PgExecutor<'_>, instancia: Uuid) -> Result<Tenencia, sqlx::Error> {
    let filas =
        sqlx::query!("select particion, epoca from arrendamiento where dueno = $1", instancia).fetch_all(con).await?;
    Ok(filas.into_iter().map(|fila| (fila.particion, fila.epoca)).collect())
}

/// The instances that live, oldest first.
pub(super) async fn vivas(con: impl PgExecutor<'_>) -> Result<Vec<Uuid>, sqlx::Error> {
    sqlx::query_scalar!("select instancia from orquestador where vence > clock_timestamp() order by desde, instancia")
        .fetch_all(con)
        .await
}

/// Takes up to so many partitions that nobody alive holds, each under a new epoch; its cursor of publication too.
///
/// A partition that a transaction of its former owner still fences is left for the next time.
pub(super) async fn tomar(
    con: impl PgExecutor<'_>,
    instancia: Uuid,
    cuantas: i64,
) -> Result<Vec<(i16, i64)>, sqlx::Error> {
    let filas = sqlx::query!(
        "with libre as (
           select a.particion from arrendamiento a
           where a.dueno is null
              or not exists (select from orquestador o where o.instancia = a.dueno and o.vence > clock_timestamp())
           order by a.particion limit $2
           for update skip locked),
         tomada as (
           update arrendamiento a set dueno = $1, epoca = a.epoca + 1, desde = clock_timestamp()
           from libre where a.particion = libre.particion
           returning a.particion, a.epoca),
         cursor as (
           update cursor_publicacion c set epoca = tomada.epoca from tomada where c.particion = tomada.particion)
         select particion, epoca from tomada",
        instancia,
        cuantas,
    )
    .fetch_all(con)
    .await?;
    Ok(filas.into_iter().map(|fila| (fila.particion, fila.epoca)).collect())
}

/// Gives partitions up, as far as they are still held.
pub(super) async fn soltar(con: impl PgExecutor<'_>, tenencia: &Tenencia) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update arrendamiento set dueno = null, desde = clock_timestamp()
         where (particion, epoca) in (select * from unnest($1::smallint[], $2::bigint[]))",
        &tenencia.particiones(),
        &tenencia.epocas(),
    )
    .execute(con)
    .await?;
    Ok(())
}

/// Forgets the instance, which holds nothing any more, and those that died long ago.
pub(super) async fn borrar(pool: &PgPool, instancia: Uuid) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "delete from orquestador where instancia = $1 or vence < clock_timestamp() - interval '1 hour'",
        instancia,
    )
    .execute(pool)
    .await?;
    Ok(())
}

/// For how many seconds yet the instance holds all of it; none when it does not.
pub(super) async fn resto(
    con: impl PgExecutor<'_>,
    instancia: Uuid,
    tenencia: &Tenencia,
) -> Result<Option<f64>, sqlx::Error> {
    let fila = sqlx::query!(
        r#"select count(*) as "vigentes!", extract(epoch from min(o.vence) - clock_timestamp())::float8 as resto
           from arrendamiento a join orquestador o on o.instancia = a.dueno
           where a.dueno = $1 and (a.particion, a.epoca) in (select * from unnest($2::smallint[], $3::bigint[]))"#,
        instancia,
        &tenencia.particiones(),
        &tenencia.epocas(),
    )
    .fetch_one(con)
    .await?;
    Ok(fila.resto.filter(|_| usize::try_from(fila.vigentes) == Ok(tenencia.cuantas())))
}

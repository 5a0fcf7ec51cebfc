//! The ways through the table, one for each kind of question; each gives the ids of a page, newest first.

use sqlx::PgPool;
use uuid::Uuid;

use super::Busqueda;
use crate::aplicacion::puertos::ErrorRepositorio;
use crate::infraestructura::errores::de_sql;

/// A subscription has few sagas: all of them are looked at.
pub async fn de_suscripcion(pool: &PgPool, busqueda: &Busqueda<'_>) -> Result<Vec<Uuid>, ErrorRepositorio> {
    let filtro = busqueda.filtro;
    sqlx::query_scalar!(
        "select id from saga
         where id_suscripcion = $1 and inquilino = $2
           and ($3::text is null or fase = $3)
           and ($4::text is null or codigo_cliente = $4)
           and ($5::text is null or codigo_plan = $5)
           and ($6::text is null or definicion = $6)
           and ($7::integer is null or definicion_version = $7)
           and ($8::boolean is null or atascada = $8)
           and ($9::boolean is null or estado @> '{\"pausada\": true}' = $9)
           and ($10::text is null
                or estado -> 'pasos' -> $10 ->> 'estado' in ('en_curso', 'deshaciendo', 'reversa_rechazada'))
           and (not $11 or fase in ('avanzando', 'deshaciendo'))
           and creada >= coalesce($12, '-infinity'::timestamptz)
           and (creada, id) < (coalesce($13, 'infinity'::timestamptz),
                               coalesce($14, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid))
         order by creada desc, id desc limit $15",
        filtro.suscripcion.map(|id| id.0),
        busqueda.inquilino,
        busqueda.fase,
        busqueda.cliente,
        busqueda.plan,
        filtro.definicion,
        filtro.definicion_version,
        filtro.atascada,
        filtro.pausada,
        filtro.paso,
        busqueda.solo_vivas,
        busqueda.desde,
        busqueda.antes_de.0,
        busqueda.antes_de.1,
        busqueda.limite,
    )
    .fetch_all(pool)
    .await
    .map_err(de_sql)
}

/// Live sagas are few, and have an index of their own.
pub async fn vivas(pool: &PgPool, busqueda: &Busqueda<'_>) -> Result<Vec<Uuid>, ErrorRepositorio> {
    let filtro = busqueda.filtro;
    sqlx::query_scalar!(
        "select id from saga
         where fase in ('avanzando', 'deshaciendo') and inquilino = $1
           and ($2::text is null or fase = $2)
           and ($3::text is null or codigo_cliente = $3)
           and ($4::text is null or codigo_plan = $4)
           and ($5::text is null or definicion = $5)
           and ($6::integer is null or definicion_version = $6)
           and ($7::boolean is null or atascada = $7)
           and ($8::boolean is null or estado @> '{\"pausada\": true}' = $8)
           and ($9::text is null
                or estado -> 'pasos' -> $9 ->> 'estado' in ('en_curso', 'deshaciendo', 'reversa_rechazada'))
           and creada >= coalesce($10, '-infinity'::timestamptz)
           and (creada, id) < (coalesce($11, 'infinity'::timestamptz),
                               coalesce($12, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid))
         order by creada desc, id desc limit $13",
        busqueda.inquilino,
        busqueda.fase,
        busqueda.cliente,
        busqueda.plan,
        filtro.definicion,
        filtro.definicion_version,
        filtro.atascada,
        filtro.pausada,
        filtro.paso,
        busqueda.desde,
        busqueda.antes_de.0,
        busqueda.antes_de.1,
        busqueda.limite,
    )
    .fetch_all(pool)
    .await
    .map_err(de_sql)
}

/// Those of the newest `ventana` that match.
pub async fn recientes(pool: &PgPool, busqueda: &Busqueda<'_>, ventana: i64) -> Result<Vec<Uuid>, ErrorRepositorio> {
    let filtro = busqueda.filtro;
    sqlx::query_scalar!(
        "select id from (
             select id, creada, fase, codigo_cliente, codigo_plan, definicion, definicion_version from saga
             where inquilino = $1
               and creada >= coalesce($7, '-infinity'::timestamptz)
               and (creada, id) < (coalesce($8, 'infinity'::timestamptz),
                                   coalesce($9, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid))
             order by creada desc, id desc limit $10) as recientes
         where ($2::text is null or fase = $2)
           and ($3::text is null or codigo_cliente = $3)
           and ($4::text is null or codigo_plan = $4)
           and ($5::text is null or definicion = $5)
           and ($6::integer is null or definicion_version = $6)
         order by creada desc, id desc limit $11",
        busqueda.inquilino,
        busqueda.fase,
        busqueda.cliente,
        busqueda.plan,
        filtro.definicion,
        filtro.definicion_version,
        busqueda.desde,
        busqueda.antes_de.0,
        busqueda.antes_de.1,
        ventana,
        busqueda.limite,
    )
    .fetch_all(pool)
    .await
    .map_err(de_sql)
}

/// Skips from one combination of plan, flow, version and phase to the next, and merges the newest of those that match.
/// Every scan is narrowed by `$ambito`, which ends in `and` and may name $10.
macro_rules! por_combinacion {
    ($pool:expr, $busqueda:expr, $ambito:literal $(, $valor:expr)?) => {{
        let (busqueda, filtro) = ($busqueda, $busqueda.filtro);
        sqlx::query_scalar!(
            "with recursive grupo as (
                 (select codigo_plan, definicion, definicion_version, fase from saga where " + $ambito + " true
                  order by codigo_plan, definicion, definicion_version, fase limit 1)
                 union all
                 select siguiente.* from grupo as g, lateral (
                     select codigo_plan, definicion, definicion_version, fase from saga
                     where " + $ambito + " (codigo_plan, definicion, definicion_version, fase)
                                         > (g.codigo_plan, g.definicion, g.definicion_version, g.fase)
                     order by codigo_plan, definicion, definicion_version, fase limit 1) as siguiente)
             select s.id from grupo as g cross join lateral (
                 select id, creada from saga
                 where " + $ambito + " codigo_plan = g.codigo_plan and definicion = g.definicion
                   and definicion_version = g.definicion_version and fase = g.fase
                   and creada >= coalesce($6, '-infinity'::timestamptz)
                   and (creada, id) < (coalesce($7, 'infinity'::timestamptz),
                                       coalesce($8, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid))
                 order by creada desc, id desc limit $9) as s
             where ($2::text is null or g.codigo_plan = $2)
               and ($3::text is null or g.definicion = $3)
               and ($4::integer is null or g.definicion_version = $4)
               and ($5::text is null or g.fase = $5)
             order by s.creada desc, s.id desc limit $9",
            busqueda.inquilino,
            busqueda.plan,
            filtro.definicion,
            filtro.definicion_version,
            busqueda.fase,
            busqueda.desde,
            busqueda.antes_de.0,
            busqueda.antes_de.1,
            busqueda.limite,
            $($valor,)?
        )
        .fetch_all($pool)
        .await
        .map_err(de_sql)
    }};
}

pub async fn por_plan(pool: &PgPool, busqueda: &Busqueda<'_>) -> Result<Vec<Uuid>, ErrorRepositorio> {
    por_combinacion!(pool, busqueda, "inquilino = $1 and")
}

/// The same among the sagas of one client.
pub async fn de_cliente(pool: &PgPool, busqueda: &Busqueda<'_>, cliente: &str) -> Result<Vec<Uuid>, ErrorRepositorio> {
    por_combinacion!(pool, busqueda, "inquilino = $1 and codigo_cliente = $10 and", cliente)
}

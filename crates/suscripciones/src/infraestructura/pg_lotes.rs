//! Batches of orders: proposed, confirmed, and carried out by whichever process takes their next step.

use chrono::{DateTime, Duration, Utc};
use saga::Codigo;
use sqlx::PgPool;
use sqlx::types::Json;
use uuid::Uuid;

use super::errores::{de_datos, de_sql};
use super::filtro_guardado::FiltroGuardado;
use crate::aplicacion::puertos::{Confirmacion, ErrorRepositorio, Lote};
use crate::aplicacion::{Encargo, Orden};
use crate::dominio::IdSaga;

/// How long a batch stays with the process that took it, should that one end.
const RESERVA_S: f64 = 30.0;
/// How long a proposal that nobody confirmed is kept.
const OLVIDO: Duration = Duration::days(1);

pub async fn proponer(pool: &PgPool, lote: &Lote) -> Result<(), ErrorRepositorio> {
    sqlx::query!("delete from lote where estado = 'propuesto' and vence < $1", lote.creado - OLVIDO)
        .execute(pool)
        .await
        .map_err(de_sql)?;
    sqlx::query!(
        "insert into lote (id, inquilino, orden, filtro, actor, motivo, sagas, estado, creado, vence)
         values ($1, $2, $3, $4, $5, $6, $7, 'propuesto', $8, $9)",
        lote.id,
        lote.encargo.inquilino,
        Json(&lote.encargo.orden) as _,
        Json(FiltroGuardado::from(&lote.filtro)) as _,
        lote.encargo.actor,
        lote.encargo.motivo.as_ref().map(Codigo::as_str),
        &lote.sagas.iter().map(|saga| saga.0).collect::<Vec<_>>(),
        lote.creado,
        lote.vence,
    )
    .execute(pool)
    .await
    .map_err(de_sql)?;
    Ok(())
}

pub async fn confirmar(
    pool: &PgPool,
    id: Uuid,
    actor: &str,
    ahora: DateTime<Utc>,
) -> Result<Confirmacion, ErrorRepositorio> {
    let confirmado = sqlx::query!(
        "update lote set estado = 'confirmado', confirmado = $3
         where id = $1 and actor = $2 and estado = 'propuesto' and vence > $3",
        id,
        actor,
        ahora,
    )
    .execute(pool)
    .await
    .map_err(de_sql)?;
    if confirmado.rows_affected() == 1 {
        return Ok(Confirmacion::Confirmado);
    }
    let lote = sqlx::query!("select actor, estado from lote where id = $1", id).fetch_optional(pool).await;
    Ok(match lote.map_err(de_sql)? {
        None => Confirmacion::Desconocido,
        Some(lote) if lote.actor != actor => Confirmacion::DeOtro,
        Some(lote) if lote.estado == "propuesto" => Confirmacion::Vencido,
        Some(_) => Confirmacion::YaConfirmado,
    })
}

/// Takes the batch that waits longest, and ends those that have nothing left.
pub async fn tomar(pool: &PgPool, limite: i64) -> Result<Option<(Lote, Vec<IdSaga>)>, ErrorRepositorio> {
    loop {
        let tomado = sqlx::query!(
            r#"update lote set reservado = now() + make_interval(secs => $1)
               where id = (select id from lote where estado = 'confirmado' and coalesce(reservado, '-infinity') < now()
                           order by confirmado limit 1 for update skip locked)
               returning id, inquilino, orden as "orden: Json<Orden>", filtro as "filtro: Json<FiltroGuardado>", actor,
                         motivo, sagas, creado, vence"#,
            RESERVA_S,
        )
        .fetch_optional(pool)
        .await
        .map_err(de_sql)?;
        let Some(fila) = tomado else { return Ok(None) };
        let siguientes = sqlx::query_scalar!(
            r#"select s.saga as "saga!" from unnest($2::uuid[]) with ordinality as s (saga, orden)
               where not exists (select from mando m where m.lote = $1 and m.saga = s.saga)
               order by s.orden limit $3"#,
            fila.id,
            &fila.sagas,
            limite,
        )
        .fetch_all(pool)
        .await
        .map_err(de_sql)?;
        if siguientes.is_empty() {
            terminar(pool, fila.id).await?;
            continue;
        }
        let encargo = Encargo {
            inquilino: fila.inquilino,
            orden: fila.orden.0,
            actor: fila.actor,
            motivo: fila.motivo.map(Codigo::try_from).transpose().map_err(de_datos)?,
            lote: Some(fila.id),
        };
        let filtro = fila.filtro.0.try_into().map_err(de_datos)?;
        let sagas = fila.sagas.into_iter().map(IdSaga).collect();
        let lote = Lote { id: fila.id, encargo, filtro, sagas, creado: fila.creado, vence: fila.vence };
        return Ok(Some((lote, siguientes.into_iter().map(IdSaga).collect())));
    }
}

/// Lets another step of the batch begin at once.
pub async fn soltar(pool: &PgPool, id: Uuid) -> Result<(), ErrorRepositorio> {
    sqlx::query!("update lote set reservado = null where id = $1", id).execute(pool).await.map_err(de_sql)?;
    Ok(())
}

async fn terminar(pool: &PgPool, id: Uuid) -> Result<(), ErrorRepositorio> {
    sqlx::query!("update lote set estado = 'terminado', terminado = now() where id = $1 and estado = 'confirmado'", id)
        .execute(pool)
        .await
        .map_err(de_sql)?;
    Ok(())
}

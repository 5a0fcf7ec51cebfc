//! The pause of all orchestrators: a row that each obeys, and a row of each that says so.

use std::time::Duration;

use sqlx::PgPool;
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use super::almacen;
use crate::aplicacion::reproceso::puertos::ErrorReproceso;
use crate::infraestructura::compuerta::VIGENCIA;

/// How long the orchestrators may take to acknowledge a pause.
const PLAZO_DE_ACUSE: Duration = Duration::from_secs(20);
const RITMO: Duration = Duration::from_millis(200);

/// Gives a sign of life with the pause that the instance obeys; the pause that there is.
pub async fn acusar(pool: &PgPool, instancia: Uuid, obedecida: Option<i64>) -> Result<Option<i64>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"with acuse as (
             insert into reproceso.acuse (instancia, latido, turno) values ($1, clock_timestamp(), $2)
             on conflict (instancia) do update set latido = excluded.latido, turno = excluded.turno)
           select turno from reproceso.pausa where desde is not null"#,
        instancia,
        obedecida,
    )
    .fetch_optional(pool)
    .await
}

/// Takes back the signs of an instance that ends, and of those that ended long ago without doing so.
pub async fn despedir(pool: &PgPool, instancia: Uuid) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "delete from reproceso.acuse where instancia = $1 or latido < clock_timestamp() - interval '1 hour'",
        instancia,
    )
    .execute(pool)
    .await?;
    Ok(())
}

/// Pauses the sagas unless they are paused; since when they are, in which turn, why, and whether by this call.
async fn pausar(pool: &PgPool, motivo: &str) -> Result<Pausa, sqlx::Error> {
    let nueva = sqlx::query_scalar!(
        "update reproceso.pausa set turno = turno + 1, desde = clock_timestamp(), motivo = $1
         where desde is null returning turno",
        motivo,
    )
    .fetch_optional(pool)
    .await?;
    let pausa =
        sqlx::query!(r#"select turno, coalesce(motivo, '') as "motivo!" from reproceso.pausa"#).fetch_one(pool).await?;
    Ok(Pausa { turno: pausa.turno, motivo: pausa.motivo, nueva: nueva.is_some() })
}

struct Pausa {
    turno: i64,
    motivo: String,
    /// This call began it.
    nueva: bool,
}

/// Ends the pause; false when there was none.
pub async fn reanudar(pool: &PgPool) -> Result<bool, ErrorReproceso> {
    let hecho = sqlx::query!("update reproceso.pausa set desde = null, motivo = null where desde is not null")
        .execute(pool)
        .await
        .map_err(almacen)?;
    Ok(hecho.rows_affected() > 0)
}

/// The instances that live and have not acknowledged the pause, once it is older than anybody's view of the gate;
/// `None` before that.
async fn sin_acuse(pool: &PgPool, turno: i64, vigencia_ms: i64) -> Result<Option<Vec<Uuid>>, sqlx::Error> {
    let fila = sqlx::query!(
        r#"select coalesce(p.desde < clock_timestamp() - $2::bigint * interval '1 millisecond', false) as "vieja!",
                  array(select a.instancia from reproceso.acuse a
                        where a.latido > clock_timestamp() - interval '5 seconds' and a.turno is distinct from $1)
                    as "faltan!: Vec<Uuid>"
           from reproceso.pausa p"#,
        turno,
        vigencia_ms,
    )
    .fetch_one(pool)
    .await?;
    Ok(fila.vieja.then_some(fila.faltan))
}

/// Why a reprocessing pauses; a pause with this reason that nobody holds was left by one that died.
pub const REPROCESO: &str = "reproceso";

/// Pauses and waits until every orchestrator has stopped; whether the pause is the caller's to end.
pub async fn detener(pool: &PgPool, motivo: &str) -> Result<bool, ErrorReproceso> {
    let pausa = pausar(pool, motivo).await.map_err(almacen)?;
    let propia = pausa.nueva || pausa.motivo == motivo;
    // A view of the gate that was taken just before the pause counts this long, and a little more.
    let vigencia_ms = i64::try_from((VIGENCIA + Duration::from_millis(500)).as_millis()).unwrap_or(i64::MAX);
    let limite = Instant::now() + PLAZO_DE_ACUSE;
    loop {
        match sin_acuse(pool, pausa.turno, vigencia_ms).await.map_err(almacen)? {
            Some(faltan) if faltan.is_empty() => return Ok(propia),
            Some(faltan) if Instant::now() > limite => {
                if pausa.nueva {
                    reanudar(pool).await?;
                }
                return Err(ErrorReproceso::SinAcuse(faltan));
            }
            _ => sleep(RITMO).await,
        }
    }
}

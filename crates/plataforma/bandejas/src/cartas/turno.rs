//! Statements of the retries: whose turn it is, and how the attempt ended.

use std::time::Duration;

use mensajeria::Motivo;
use sqlx::PgPool;

use super::carta::{CartaGuardada, sin_nulos};

/// How often a letter is tried before it is dead.
pub(super) const INTENTOS: i32 = 10;

const ESPERA_POR_INFRAESTRUCTURA: Duration = Duration::from_secs(30);

/// An attempt is recorded before it starts, with its next time so far ahead that no other instance takes the
/// letter while the handler runs. A process that dies in the middle has used that attempt up.
const RESERVA: Duration = Duration::from_secs(60);

/// A letter whose process died in its last attempt was never marked.
pub(super) async fn enterrar_agotadas(pool: &PgPool) -> Result<(), sqlx::Error> {
    let enterradas = sqlx::query!(
        "update bandejas.dead_letter set estado = 'muerta', proximo = null
         where estado = 'reintento' and intentos >= $1 and proximo <= now()",
        INTENTOS,
    )
    .execute(pool)
    .await?
    .rows_affected();
    if enterradas > 0 {
        tracing::error!(enterradas, "dead letters ended with attempts that never came back");
    }
    Ok(())
}

/// Takes the letter that is due for longest, and records the attempt.
pub(super) async fn tomar(pool: &PgPool, grupos: &[String]) -> Result<Option<CartaGuardada>, sqlx::Error> {
    sqlx::query_as!(
        CartaGuardada,
        r#"with debida as (
               select id from bandejas.dead_letter
               where estado = 'reintento' and proximo <= now() and intentos < $2 and grupo = any($1)
               order by proximo limit 1 for update skip locked)
           update bandejas.dead_letter as d
           set intentos = intentos + 1, proximo = now() + make_interval(secs => $3)
           from debida where d.id = debida.id
           returning d.id, grupo, tema, posicion, tipo, propiedades as "propiedades: _", carga as "carga!", escritor,
                     publicado, intentos"#,
        grupos,
        INTENTOS,
        RESERVA.as_secs_f64(),
    )
    .fetch_optional(pool)
    .await
}

pub(super) async fn marcar_reenviada(pool: &PgPool, carta: &CartaGuardada) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update bandejas.dead_letter set estado = 'reenviada', carga = null, proximo = null, resuelta = now()
         where id = $1 and estado in ('reintento', 'muerta')",
        carta.id,
    )
    .execute(pool)
    .await?;
    Ok(())
}

/// Without a next time the letter is dead.
pub(super) async fn marcar_fallo(
    pool: &PgPool,
    carta: &CartaGuardada,
    motivo: &Motivo,
    proxima: Option<Duration>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update bandejas.dead_letter
         set estado = case when $5::float8 is null then 'muerta' else 'reintento' end,
             proximo = now() + make_interval(secs => $5), codigo = $3, detalle = $4
         where id = $1 and estado = 'reintento' and intentos = $2",
        carta.id,
        carta.intentos,
        motivo.codigo,
        sin_nulos(&motivo.detalle),
        proxima.map(|espera| espera.as_secs_f64()),
    )
    .execute(pool)
    .await?;
    Ok(())
}

pub(super) async fn aplazar(pool: &PgPool, carta: &CartaGuardada) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update bandejas.dead_letter set intentos = intentos - 1, proximo = now() + make_interval(secs => $3)
         where id = $1 and estado = 'reintento' and intentos = $2",
        carta.id,
        carta.intentos,
        ESPERA_POR_INFRAESTRUCTURA.as_secs_f64(),
    )
    .execute(pool)
    .await?;
    Ok(())
}

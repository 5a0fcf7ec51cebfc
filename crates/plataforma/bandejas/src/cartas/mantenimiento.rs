//! Retention and gauges of everything that this schema keeps for a while.

use std::time::Duration;

use sqlx::{PgExecutor, PgPool};
use tokio_util::sync::CancellationToken;

use super::EstadoCarta;
use crate::efecto;

const CADA_MEDIDA: Duration = Duration::from_secs(30);
const MEDIDAS_POR_LIMPIEZA: u32 = 120;

pub(super) async fn ejecutar(pool: PgPool, cierre: CancellationToken) {
    let vueltas = async {
        let mut vuelta: u32 = 0;
        loop {
            if let Err(error) = dar_vuelta(&pool, vuelta.is_multiple_of(MEDIDAS_POR_LIMPIEZA)).await {
                tracing::warn!(%error, "the maintenance of dead letters failed; it comes again");
            }
            vuelta = vuelta.wrapping_add(1);
            tokio::time::sleep(CADA_MEDIDA).await;
        }
    };
    // The loop itself never ends: only the signal does.
    cierre.run_until_cancelled(vueltas).await;
}

async fn dar_vuelta(pool: &PgPool, limpiar: bool) -> Result<(), sqlx::Error> {
    if limpiar {
        let (cartas, intentos) = (borrar_cartas_viejas(pool).await?, borrar_intentos_viejos(pool).await?);
        let efectos = efecto::borrar_caducados(pool).await?;
        tracing::info!(cartas, intentos, efectos, "deleted what passed its retention");
    }
    medir(pool).await
}

async fn medir(pool: &PgPool) -> Result<(), sqlx::Error> {
    let filas = sqlx::query!(
        r#"select estado as "estado: EstadoCarta", count(*) as "cuantas!" from bandejas.dead_letter group by estado"#
    )
    .fetch_all(pool)
    .await?;
    for estado in EstadoCarta::TODOS {
        let cuantas = filas.iter().find(|fila| fila.estado == estado).map_or(0, |fila| fila.cuantas);
        metrics::gauge!("bandejas_cartas", "estado" => estado.como_texto()).set(cuantas as f64);
    }
    Ok(())
}

async fn borrar_cartas_viejas(con: impl PgExecutor<'_>) -> Result<u64, sqlx::Error> {
    let borradas =
        sqlx::query!("delete from bandejas.dead_letter where creado < now() - interval '30 days'").execute(con).await?;
    Ok(borradas.rows_affected())
}

/// A message that was redelivered and then handled leaves its record behind.
async fn borrar_intentos_viejos(con: impl PgExecutor<'_>) -> Result<u64, sqlx::Error> {
    let borrados =
        sqlx::query!("delete from bandejas.intento where visto < now() - interval '1 day'").execute(con).await?;
    Ok(borrados.rows_affected())
}

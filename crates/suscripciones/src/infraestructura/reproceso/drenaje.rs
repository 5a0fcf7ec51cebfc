//! Waiting until everything that the tables hold has been published.

use std::time::Duration;

use sqlx::PgPool;
use tokio::time::{Instant, sleep};

use super::almacen;
use crate::aplicacion::reproceso::puertos::ErrorReproceso;

/// How long publication may take to come as far as the tables were.
const PLAZO: Duration = Duration::from_secs(60);
const RITMO: Duration = Duration::from_millis(200);

/// Waits for everything that is visible now to be published; the snapshot that says what that was.
pub(super) async fn drenar(pool: &PgPool) -> Result<String, ErrorReproceso> {
    let foto = sqlx::query_scalar!(r#"select pg_current_snapshot()::text as "foto!""#)
        .fetch_one(pool)
        .await
        .map_err(almacen)?;
    let limite = Instant::now() + PLAZO;
    loop {
        let quedan = sin_publicar(pool, &foto).await?;
        if quedan == 0 {
            return Ok(foto);
        }
        if Instant::now() > limite {
            return Err(ErrorReproceso::SinPublicar(quedan));
        }
        sleep(RITMO).await;
    }
}

async fn sin_publicar(pool: &PgPool, foto: &str) -> Result<i64, ErrorReproceso> {
    sqlx::query_scalar!(
        r#"select count(*) as "quedan!" from saga_log l join cursor_publicacion c on c.particion = particion_saga(l.saga)
           where l.tx >= (select min(tx) from cursor_publicacion)
             and (l.tx, l.saga, l.version) > (c.tx, c.saga, c.version)
             and pg_visible_in_snapshot(l.tx, $1::text::pg_snapshot)"#,
        foto,
    )
    .fetch_one(pool)
    .await
    .map_err(almacen)
}

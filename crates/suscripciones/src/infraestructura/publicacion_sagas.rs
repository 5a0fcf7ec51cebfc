use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use contratos::{Cabecera, EstadoSaga, RegistroSaga, Saliente, TransicionSaga};
use mensajeria::Publicar;
use serde_json::Value;
use sqlx::{PgConnection, PgPool};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::SERVICIO;
use super::errores::{de_datos, de_sql};
use crate::aplicacion::puertos::ErrorRepositorio;

/// How long transitions gather before they are published: a saga's life fits in one or two messages.
const RITMO: Duration = Duration::from_millis(200);
/// Transitions per message.
const LOTE: i64 = 50;

struct Fila {
    tx: String,
    saga: Uuid,
    version: i64,
    instante: DateTime<Utc>,
    entrada: Value,
}

/// Publishes saga_log to `saga-log`, and the last state of the sagas that moved to `saga-estado`, until `cierre`.
///
/// At least once: the cursor moves after the receipts. Its row lock keeps this to one instance at a time.
pub async fn publicar_sagas(pool: PgPool, publicador: Arc<dyn Publicar>, cierre: CancellationToken) {
    loop {
        let llena = match ronda(&pool, publicador.as_ref()).await {
            Ok(llena) => llena,
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "the saga log could not be published");
                false
            }
        };
        let espera = if llena { Duration::ZERO } else { RITMO };
        tokio::select! {
            () = cierre.cancelled() => return,
            () = tokio::time::sleep(espera) => {}
        }
    }
}

/// One round; true when there may be more to publish.
async fn ronda(pool: &PgPool, publicador: &dyn Publicar) -> Result<bool, ErrorRepositorio> {
    if !publicador.disponible() {
        return Ok(false);
    }
    let mut tx = pool.begin().await.map_err(de_sql)?;
    let filas = por_publicar(&mut tx).await?;
    let Some(ultima) = filas.last() else { return Ok(false) };
    let mut mensajes = vec![registro(&filas)?];
    mensajes.extend(estados(&mut tx, &filas).await?);
    let recibos = publicador.publicar(mensajes).await;
    if recibos.iter().any(Result::is_err) {
        return Ok(false);
    }
    sqlx::query!(
        "update publicacion_saga set tx = $1::text::xid8, saga = $2, version = $3",
        ultima.tx,
        ultima.saga,
        ultima.version,
    )
    .execute(&mut *tx)
    .await
    .map_err(de_sql)?;
    tx.commit().await.map_err(de_sql)?;
    Ok(filas.len() as i64 == LOTE)
}

/// The next rows after the cursor. Rows of transactions that may still commit before others are left for later.
async fn por_publicar(con: &mut PgConnection) -> Result<Vec<Fila>, ErrorRepositorio> {
    let cursor =
        sqlx::query!(r#"select tx::text as "tx!", saga, version from publicacion_saga for update skip locked"#)
            .fetch_optional(&mut *con)
            .await
            .map_err(de_sql)?;
    let Some(cursor) = cursor else { return Ok(Vec::new()) };
    sqlx::query_as!(
        Fila,
        r#"select tx::text as "tx!", saga, version, instante, entrada from saga_log
           where (tx, saga, version) > ($1::text::xid8, $2::uuid, $3::bigint) and tx < pg_snapshot_xmin(pg_current_snapshot())
           order by saga_log.tx, saga, version limit $4"#,
        cursor.tx,
        cursor.saga,
        cursor.version,
        LOTE,
    )
    .fetch_all(con)
    .await
    .map_err(de_sql)
}

fn registro(filas: &[Fila]) -> Result<Saliente, ErrorRepositorio> {
    let transiciones = filas.iter().map(|fila| TransicionSaga {
        saga: Some(fila.saga.to_string()),
        version: Some(fila.version),
        instante: Some(fila.instante.timestamp_millis()),
        entrada: Some(fila.entrada.to_string()),
    });
    let datos = RegistroSaga { transiciones: Some(transiciones.collect()) };
    contratos::codificar(&Cabecera::nueva(contratos::id_nuevo(), SERVICIO, contratos::ahora()), &datos)
        .map_err(de_datos)
}

/// The current state of each saga that moved, once.
async fn estados(con: &mut PgConnection, filas: &[Fila]) -> Result<Vec<Saliente>, ErrorRepositorio> {
    let ids: Vec<Uuid> = filas.iter().map(|fila| fila.saga).collect::<HashSet<_>>().into_iter().collect();
    let sagas = sqlx::query!(
        "select id, definicion, definicion_version, id_suscripcion, codigo_cliente, codigo_plan, fase, version, estado
         from saga where id = any($1)",
        &ids,
    )
    .fetch_all(con)
    .await
    .map_err(de_sql)?;
    let mut mensajes = Vec::with_capacity(sagas.len());
    for saga in sagas {
        let datos = EstadoSaga {
            id_saga: Some(saga.id.to_string()),
            id_suscripcion: Some(saga.id_suscripcion.to_string()),
            codigo_cliente: Some(saga.codigo_cliente),
            codigo_plan: Some(saga.codigo_plan),
            definicion: Some(saga.definicion),
            definicion_version: Some(i64::from(saga.definicion_version)),
            version: Some(saga.version),
            fase: Some(saga.fase),
            documento: Some(saga.estado.to_string()),
        };
        let cabecera = Cabecera {
            asunto: Some(saga.id.to_string()),
            correlacion: Some(saga.id),
            secuencia: Some(saga.version),
            ..Cabecera::nueva(contratos::id_nuevo(), SERVICIO, contratos::ahora())
        };
        mensajes.push(contratos::codificar(&cabecera, &datos).map_err(de_datos)?);
    }
    Ok(mensajes)
}

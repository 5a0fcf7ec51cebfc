use futures::TryStreamExt;
use saga::EstadoSaga;
use serde_json::Value;
use sqlx::PgPool;
use uuid::Uuid;

use super::{almacen, datos};
use crate::aplicacion::reproceso::puertos::ErrorReproceso;
use crate::aplicacion::reproceso::{Comparacion, ComparacionRegistro};
use crate::dominio::IdSaga;

/// What a digest leaves out: the time of the update, and what is of this database and not of the saga.
const EXCLUIDAS: [&str; 2] = ["actualizada", "epoca"];

/// Compares every row of `saga` with the bench, as things were in the snapshot `foto`.
pub(super) async fn comparar(pool: &PgPool, foto: &str, una: Option<Uuid>) -> Result<Comparacion, ErrorReproceso> {
    let excluidas = EXCLUIDAS.map(str::to_owned).to_vec();
    let mut filas = sqlx::query!(
        r#"select coalesce(s.id, r.id) as "id!", to_jsonb(s) - $1::text[] as tabla, to_jsonb(r) - $1::text[] as banco,
                  exists (select from saga_log l
                          where l.saga = s.id and not pg_visible_in_snapshot(l.tx, $2::text::pg_snapshot)) as "movida!"
           from (select * from saga where $3::uuid is null or id = $3) as s
           full join (select * from reproceso.saga where $3::uuid is null or id = $3) as r on r.id = s.id"#,
        &excluidas,
        foto,
        una,
    )
    .fetch(pool);
    let mut comparacion = Comparacion::default();
    while let Some(fila) = filas.try_next().await.map_err(almacen)? {
        let id = IdSaga(fila.id);
        match (fila.tabla, fila.banco) {
            (Some(_), _) if fila.movida => comparacion.en_marcha += 1,
            (Some(tabla), Some(banco)) if resumen(&tabla)? == resumen(&banco)? => comparacion.iguales += 1,
            (Some(tabla), Some(banco)) => {
                comparacion.distintas.anotar(id);
                if version(&banco) >= version(&tabla) {
                    comparacion.ids_distintas.push(id);
                }
            }
            (None, _) => comparacion.solo_en_pulsar.anotar(id),
            (Some(_), None) => comparacion.solo_en_postgres.anotar(id),
        }
    }
    drop(filas);
    comparacion.transiciones = comparar_registro(pool, foto, una).await?;
    Ok(comparacion)
}

/// The digest of a row. The state is read and written first, so that a field that it gained since changes nothing.
fn resumen(fila: &Value) -> Result<String, ErrorReproceso> {
    let mut fila = fila.clone();
    if let Some(estado) = fila.get_mut("estado") {
        let leido: EstadoSaga = serde_json::from_value(estado.take()).map_err(datos)?;
        *estado = serde_json::to_value(leido).map_err(datos)?;
    }
    Ok(contratos::huella(&fila))
}

fn version(fila: &Value) -> i64 {
    fila["version"].as_i64().unwrap_or_default()
}

async fn comparar_registro(
    pool: &PgPool,
    foto: &str,
    una: Option<Uuid>,
) -> Result<ComparacionRegistro, ErrorReproceso> {
    let cuentas = sqlx::query!(
        r#"select count(*) filter (where (l.entrada, l.instante) = (r.entrada, r.instante)) as "iguales!",
                  count(*) filter (where (l.entrada, l.instante) <> (r.entrada, r.instante)) as "distintas!",
                  count(*) filter (where l.saga is null) as "solo_en_pulsar!",
                  count(*) filter (where r.saga is null
                                     and pg_visible_in_snapshot(l.tx, $1::text::pg_snapshot)) as "solo_en_postgres!"
           from (select * from saga_log where $2::uuid is null or saga = $2) as l
           full join (select * from reproceso.saga_log where $2::uuid is null or saga = $2) as r
             on r.saga = l.saga and r.version = l.version"#,
        foto,
        una,
    )
    .fetch_one(pool)
    .await
    .map_err(almacen)?;
    Ok(ComparacionRegistro {
        iguales: cuentas.iguales.unsigned_abs(),
        distintas: cuentas.distintas.unsigned_abs(),
        solo_en_pulsar: cuentas.solo_en_pulsar.unsigned_abs(),
        solo_en_postgres: cuentas.solo_en_postgres.unsigned_abs(),
    })
}

/// The comparison when the tables are not there: everything is only in Pulsar.
pub(super) async fn sin_tablas(pool: &PgPool) -> Result<Comparacion, ErrorReproceso> {
    let ids = sqlx::query_scalar!("select id from reproceso.saga").fetch_all(pool).await.map_err(almacen)?;
    let transiciones = sqlx::query_scalar!(r#"select count(*) as "n!" from reproceso.saga_log"#)
        .fetch_one(pool)
        .await
        .map_err(almacen)?;
    Ok(Comparacion {
        solo_en_pulsar: ids.into_iter().map(IdSaga).collect(),
        transiciones: ComparacionRegistro { solo_en_pulsar: transiciones.unsigned_abs(), ..Default::default() },
        ..Comparacion::default()
    })
}

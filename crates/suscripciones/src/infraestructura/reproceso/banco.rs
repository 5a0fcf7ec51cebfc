//! The bench: what the topics say, first of each (saga, version), and the fold of it.

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::PgPool;
use uuid::Uuid;

use super::{almacen, datos};
use crate::aplicacion::reproceso::puertos::{
    Anotadas, CabeceraPublicada, ErrorReproceso, EstadoPublicado, Historia, SagaPlegada, TransicionPublicada,
};
use crate::dominio::IdSaga;

/// How many sagas a page of histories has.
const PAGINA: i64 = 500;

pub(super) async fn vaciar(pool: &PgPool) -> Result<(), ErrorReproceso> {
    sqlx::query!("truncate reproceso.saga_log, reproceso.estado, reproceso.saga")
        .execute(pool)
        .await
        .map_err(almacen)?;
    Ok(())
}

pub(super) async fn anotar(pool: &PgPool, transiciones: &[TransicionPublicada]) -> Result<Anotadas, ErrorReproceso> {
    let sagas: Vec<Uuid> = transiciones.iter().map(|transicion| transicion.saga.0).collect();
    let versiones: Vec<i64> = transiciones.iter().map(|transicion| transicion.version).collect();
    let instantes: Vec<DateTime<Utc>> = transiciones.iter().map(|transicion| transicion.instante).collect();
    let entradas: Vec<Value> = transiciones.iter().map(|transicion| transicion.entrada.clone()).collect();
    let cabeceras = transiciones.iter().map(|transicion| transicion.cabecera.as_ref().map(serde_json::to_value));
    let cabeceras: Vec<Option<Value>> = cabeceras.map(Option::transpose).collect::<Result<_, _>>().map_err(datos)?;
    let nuevas = sqlx::query!(
        "insert into reproceso.saga_log (saga, version, instante, entrada, cabecera)
         select saga, version, instante, entrada, cabecera
         from unnest($1::uuid[], $2::bigint[], $3::timestamptz[], $4::jsonb[], $5::jsonb[]) with ordinality
           as f (saga, version, instante, entrada, cabecera, orden)
         order by orden
         on conflict (saga, version) do nothing",
        &sagas,
        &versiones,
        &instantes,
        &entradas,
        &cabeceras as &[Option<Value>],
    )
    .execute(pool)
    .await
    .map_err(almacen)?;
    let repetidas = transiciones.len() as u64 - nuevas.rows_affected();
    if repetidas == 0 {
        return Ok(Anotadas::default());
    }
    let divergentes = sqlx::query_scalar!(
        r#"select count(*) as "divergentes!"
           from unnest($1::uuid[], $2::bigint[], $3::timestamptz[], $4::jsonb[]) as f (saga, version, instante, entrada)
           join reproceso.saga_log l using (saga, version)
           where (l.entrada, l.instante) <> (f.entrada, f.instante)"#,
        &sagas,
        &versiones,
        &instantes,
        &entradas,
    )
    .fetch_one(pool)
    .await
    .map_err(almacen)?;
    Ok(Anotadas { repetidas, divergentes: divergentes.unsigned_abs() })
}

/// Of several states of a saga the newest stays.
pub(super) async fn anotar_estados(pool: &PgPool, estados: &[EstadoPublicado]) -> Result<(), ErrorReproceso> {
    let cabeceras = estados.iter().map(|estado| serde_json::to_value(&estado.cabecera));
    sqlx::query!(
        "insert into reproceso.estado (saga, version, cabecera, documento)
         select distinct on (saga) saga, version, cabecera, documento
         from unnest($1::uuid[], $2::bigint[], $3::jsonb[], $4::jsonb[]) as f (saga, version, cabecera, documento)
         order by saga, version desc
         on conflict (saga) do update
           set version = excluded.version, cabecera = excluded.cabecera, documento = excluded.documento
           where reproceso.estado.version < excluded.version",
        &estados.iter().map(|estado| estado.saga.0).collect::<Vec<_>>(),
        &estados.iter().map(|estado| estado.version).collect::<Vec<_>>(),
        &cabeceras.collect::<Result<Vec<_>, _>>().map_err(datos)?,
        &estados.iter().map(|estado| estado.documento.clone()).collect::<Vec<_>>(),
    )
    .execute(pool)
    .await
    .map_err(almacen)?;
    Ok(())
}

/// The next sagas of which anything was published.
pub(super) async fn historias(pool: &PgPool, despues_de: Option<IdSaga>) -> Result<Vec<Historia>, ErrorReproceso> {
    let ids = sqlx::query_scalar!(
        r#"select saga as "saga!" from (
             (select distinct saga from reproceso.saga_log where saga > $1 order by saga limit $2)
             union
             (select saga from reproceso.estado where saga > $1 order by saga limit $2)) as p
           order by saga limit $2"#,
        despues_de.map_or(Uuid::nil(), |saga| saga.0),
        PAGINA,
    )
    .fetch_all(pool)
    .await
    .map_err(almacen)?;
    let mut historias: Vec<Historia> =
        ids.iter().map(|id| Historia { saga: IdSaga(*id), transiciones: Vec::new(), estado: None }).collect();
    let lugar = |saga: &Uuid| ids.binary_search(saga).ok();
    let filas = sqlx::query!(
        "select saga, version, instante, entrada, cabecera from reproceso.saga_log
         where saga = any($1) order by saga, version",
        &ids,
    )
    .fetch_all(pool)
    .await
    .map_err(almacen)?;
    for fila in filas {
        let Some(lugar) = lugar(&fila.saga) else { continue };
        historias[lugar].transiciones.push(TransicionPublicada {
            saga: IdSaga(fila.saga),
            version: fila.version,
            instante: fila.instante,
            entrada: fila.entrada,
            cabecera: fila.cabecera.map(serde_json::from_value).transpose().map_err(datos)?,
        });
    }
    let filas =
        sqlx::query!("select saga, version, cabecera, documento from reproceso.estado where saga = any($1)", &ids)
            .fetch_all(pool)
            .await
            .map_err(almacen)?;
    for fila in filas {
        let Some(lugar) = lugar(&fila.saga) else { continue };
        let cabecera: CabeceraPublicada = serde_json::from_value(fila.cabecera).map_err(datos)?;
        let saga = IdSaga(fila.saga);
        historias[lugar].estado =
            Some(EstadoPublicado { saga, version: fila.version, cabecera, documento: fila.documento });
    }
    Ok(historias)
}

pub(super) async fn guardar_plegadas(pool: &PgPool, plegadas: &[SagaPlegada]) -> Result<(), ErrorReproceso> {
    let texto = |f: &dyn Fn(&CabeceraPublicada) -> String| {
        plegadas.iter().map(|plegada| f(&plegada.cabecera)).collect::<Vec<_>>()
    };
    let fases = plegadas.iter().map(|plegada| {
        let fase = serde_json::to_value(plegada.estado.fase)?;
        Ok(fase.as_str().unwrap_or_default().to_owned())
    });
    let plazos =
        plegadas.iter().map(|plegada| plegada.estado.proximo_plazo().and_then(DateTime::from_timestamp_millis));
    sqlx::query!(
        "insert into reproceso.saga (id, fase, atascada, version, estado, proximo_plazo, creada, actualizada, definicion,
                                     definicion_version, id_suscripcion, inquilino, codigo_cliente, codigo_plan, traza)
         select * from unnest($1::uuid[], $2::text[], $3::boolean[], $4::bigint[], $5::jsonb[], $6::timestamptz[],
                              $7::timestamptz[], $8::timestamptz[], $9::text[], $10::integer[], $11::uuid[], $12::text[],
                              $13::text[], $14::text[], $15::text[])",
        &plegadas.iter().map(|plegada| plegada.saga.0).collect::<Vec<_>>(),
        &fases.collect::<Result<Vec<_>, serde_json::Error>>().map_err(datos)?,
        &plegadas.iter().map(|plegada| plegada.estado.atascada).collect::<Vec<_>>(),
        &plegadas.iter().map(|plegada| plegada.estado.version).collect::<Vec<_>>(),
        &plegadas.iter().map(|p| serde_json::to_value(&p.estado)).collect::<Result<Vec<_>, _>>().map_err(datos)?,
        &plazos.collect::<Vec<_>>() as &[Option<DateTime<Utc>>],
        &plegadas.iter().map(|plegada| plegada.cabecera.creada).collect::<Vec<_>>(),
        &plegadas.iter().map(|plegada| plegada.actualizada).collect::<Vec<_>>(),
        &texto(&|cabecera| cabecera.definicion.clone()),
        &plegadas.iter().map(|plegada| plegada.cabecera.definicion_version).collect::<Vec<_>>(),
        &plegadas.iter().map(|plegada| plegada.cabecera.id_suscripcion).collect::<Vec<_>>(),
        &texto(&|cabecera| cabecera.inquilino.clone()),
        &texto(&|cabecera| cabecera.codigo_cliente.clone()),
        &texto(&|cabecera| cabecera.codigo_plan.clone()),
        &plegadas.iter().map(|plegada| plegada.cabecera.traza.clone()).collect::<Vec<_>>() as &[Option<String>],
    )
    .execute(pool)
    .await
    .map_err(almacen)?;
    Ok(())
}

//! What the audit found: stored once, looked at again, resolved or told.

use std::collections::HashSet;

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use crate::aplicacion::auditoria::puertos::{Balance, Juicio};
use crate::aplicacion::puertos::ErrorRepositorio;
use crate::dominio::IdSuscripcion;
use crate::infraestructura::errores::de_sql;

/// How long something must be so before it is told: what was on its way has arrived by then.
const CONFIRMACION: TimeDelta = TimeDelta::seconds(20);
/// How often something that stands is looked at again.
const REPASO: TimeDelta = TimeDelta::seconds(8);
/// How long something resolved is kept.
const CONSERVACION: TimeDelta = TimeDelta::days(30);
/// Subscriptions looked at again in one round.
const LOTE: i64 = 250;
/// Findings that an answer names.
const NOMBRADOS: i64 = 200;

/// The state of the audit, for people.
#[derive(Debug, Serialize)]
pub struct Consistencia {
    pub revisadas: i64,
    pub inconsistentes: i64,
    pub en_observacion: i64,
    pub revisado_hasta: Option<DateTime<Utc>>,
    pub retraso_ms: Option<i64>,
    /// Services whose ledger could not be read the last time it was asked for.
    pub sin_respuesta: Vec<String>,
    pub barrido: Barrido,
    /// The oldest first; only so many.
    pub hallazgos: Vec<Hallazgo>,
}

/// The last time that everything was compared again.
#[derive(Debug, Serialize)]
pub struct Barrido {
    pub inicio: Option<DateTime<Utc>>,
    pub fin: Option<DateTime<Utc>>,
    pub suscripciones: Option<i64>,
}

#[derive(Debug, Serialize)]
pub struct Hallazgo {
    pub id_saga: Option<Uuid>,
    pub id_suscripcion: Uuid,
    pub regla: String,
    pub esperado: String,
    pub encontrado: String,
    /// `observado` or `abierto`.
    pub estado: String,
    pub desde: DateTime<Utc>,
    pub revisado: DateTime<Utc>,
}

/// Reads what the audit found.
pub struct Hallazgos {
    pool: PgPool,
}

impl Hallazgos {
    pub fn nuevos(pool: PgPool) -> Self {
        Self { pool }
    }

    pub async fn consistencia(&self) -> Result<Consistencia, ErrorRepositorio> {
        let avance = sqlx::query!(
            r#"select sin_respuesta, ultima_vuelta_inicio, ultima_vuelta_fin, ultima_vuelta_suscripciones, now() as "ahora!"
               from auditoria"#
        )
        .fetch_one(&self.pool)
        .await
        .map_err(de_sql)?;
        let balance = balance(&self.pool).await?;
        let hallazgos = sqlx::query_as!(
            Hallazgo,
            "select saga as id_saga, id_suscripcion, regla, esperado, encontrado, estado, visto as desde, revisado
             from hallazgo where resuelto is null order by estado, visto, id limit $1",
            NOMBRADOS,
        )
        .fetch_all(&self.pool)
        .await
        .map_err(de_sql)?;
        Ok(Consistencia {
            revisadas: balance.revisadas,
            inconsistentes: balance.inconsistentes,
            en_observacion: balance.en_observacion,
            revisado_hasta: balance.revisado_hasta,
            retraso_ms: balance.revisado_hasta.map(|hasta| (avance.ahora - hasta).num_milliseconds()),
            sin_respuesta: avance.sin_respuesta,
            barrido: Barrido {
                inicio: avance.ultima_vuelta_inicio,
                fin: avance.ultima_vuelta_fin,
                suscripciones: avance.ultima_vuelta_suscripciones,
            },
            hallazgos,
        })
    }
}

pub async fn balance(pool: &PgPool) -> Result<Balance, ErrorRepositorio> {
    sqlx::query_as!(
        Balance,
        r#"select a.revisadas, a.revisado_hasta,
                  (select count(distinct coalesce(saga, id_suscripcion)) from hallazgo where estado = 'abierto'
                   and resuelto is null) as "inconsistentes!",
                  (select count(distinct coalesce(saga, id_suscripcion)) from hallazgo where estado = 'observado'
                   and resuelto is null) as "en_observacion!"
           from auditoria a"#
    )
    .fetch_one(pool)
    .await
    .map_err(de_sql)
}

pub async fn por_confirmar(pool: &PgPool) -> Result<Vec<IdSuscripcion>, ErrorRepositorio> {
    let ids = sqlx::query_scalar!(
        "select id_suscripcion from hallazgo where resuelto is null
         group by id_suscripcion having min(revisado) < now() - make_interval(secs => $1)
         order by min(revisado) limit $2",
        REPASO.as_seconds_f64(),
        LOTE,
    )
    .fetch_all(pool)
    .await
    .map_err(de_sql)?;
    Ok(ids.into_iter().map(IdSuscripcion).collect())
}

/// The columns of what was found, each rule of a saga once.
#[derive(Default)]
struct Columnas {
    suscripciones: Vec<Uuid>,
    sagas: Vec<Option<Uuid>>,
    reglas: Vec<String>,
    esperados: Vec<String>,
    encontrados: Vec<String>,
}

impl Columnas {
    fn de(juicio: &Juicio) -> Self {
        let (mut columnas, mut vistas) = (Self::default(), HashSet::new());
        for (suscripcion, hallada) in &juicio.halladas {
            if vistas.insert((suscripcion, hallada.saga, hallada.regla)) {
                columnas.suscripciones.push(suscripcion.0);
                columnas.sagas.push(hallada.saga.map(|saga| saga.0));
                columnas.reglas.push(hallada.regla.codigo().to_owned());
                columnas.esperados.push(hallada.esperado.clone());
                columnas.encontrados.push(hallada.encontrado.clone());
            }
        }
        columnas
    }
}

pub async fn anotar(pool: &PgPool, juicio: &Juicio) -> Result<(), ErrorRepositorio> {
    let columnas = Columnas::de(juicio);
    let callados: Vec<String> = juicio.callados.iter().map(|&quien| quien.to_owned()).collect();
    let mut tx = pool.begin().await.map_err(de_sql)?;
    sqlx::query!("update auditoria set sin_respuesta = $1 where sin_respuesta <> $1", &callados)
        .execute(&mut *tx)
        .await
        .map_err(de_sql)?;
    if callados.is_empty() {
        cerrar(&mut tx, &juicio.juzgadas, &columnas).await?;
    }
    if !columnas.suscripciones.is_empty() {
        abrir(&mut tx, &columnas).await?;
    }
    tx.commit().await.map_err(de_sql)
}

/// What is found: observed the first time, open once it has stood long enough.
async fn abrir(con: &mut PgConnection, columnas: &Columnas) -> Result<(), ErrorRepositorio> {
    sqlx::query!(
        "insert into hallazgo (id_suscripcion, saga, regla, esperado, encontrado, estado, visto, revisado)
         select suscripcion, saga, regla, esperado, encontrado, 'observado', now(), now()
         from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[])
           as f (suscripcion, saga, regla, esperado, encontrado)
         on conflict (id_suscripcion, saga, regla) where resuelto is null do update
         set esperado = excluded.esperado, encontrado = excluded.encontrado, revisado = now(),
             estado = case when hallazgo.visto <= now() - make_interval(secs => $6) then 'abierto'
                           else hallazgo.estado end,
             abierto = case when hallazgo.visto <= now() - make_interval(secs => $6)
                            then coalesce(hallazgo.abierto, now()) else hallazgo.abierto end",
        &columnas.suscripciones,
        &columnas.sagas as &[Option<Uuid>],
        &columnas.reglas,
        &columnas.esperados,
        &columnas.encontrados,
        CONFIRMACION.as_seconds_f64(),
    )
    .execute(con)
    .await
    .map_err(de_sql)?;
    Ok(())
}

/// What was found before and is not found now: forgotten if it was only observed, resolved if it had been told.
async fn cerrar(
    con: &mut PgConnection,
    juzgadas: &[IdSuscripcion],
    columnas: &Columnas,
) -> Result<(), ErrorRepositorio> {
    let ids: Vec<Uuid> = juzgadas.iter().map(|id| id.0).collect();
    sqlx::query!(
        "with pasadas as (
           select h.id from hallazgo h
           where h.resuelto is null and h.id_suscripcion = any($1) and not exists (
             select from unnest($2::uuid[], $3::uuid[], $4::text[]) as f (suscripcion, saga, regla)
             where f.suscripcion = h.id_suscripcion and f.saga is not distinct from h.saga and f.regla = h.regla)),
         olvidadas as (
           delete from hallazgo h using pasadas p where h.id = p.id and h.estado = 'observado')
         update hallazgo h set estado = 'resuelto', resuelto = now(), revisado = now()
         from pasadas p where h.id = p.id and h.estado = 'abierto'",
        &ids,
        &columnas.suscripciones,
        &columnas.sagas as &[Option<Uuid>],
        &columnas.reglas,
    )
    .execute(con)
    .await
    .map_err(de_sql)?;
    Ok(())
}

pub async fn purgar(pool: &PgPool) -> Result<(), ErrorRepositorio> {
    sqlx::query!(
        "delete from hallazgo where resuelto < now() - make_interval(secs => $1)",
        CONSERVACION.as_seconds_f64()
    )
    .execute(pool)
    .await
    .map_err(de_sql)?;
    Ok(())
}

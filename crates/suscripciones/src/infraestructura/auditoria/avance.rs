//! How far the audit has come: the turn, the place in the log, and the sweep.

use chrono::{DateTime, TimeDelta, Utc};
use sqlx::PgPool;
use uuid::Uuid;

use crate::aplicacion::auditoria::puertos::{Barrida, Posicion, Tramo};
use crate::aplicacion::puertos::ErrorRepositorio;
use crate::dominio::IdSuscripcion;
use crate::infraestructura::errores::{de_datos, de_sql};

/// How long the turn stays with an instance that says nothing.
const TURNO: TimeDelta = TimeDelta::seconds(30);
/// How long a saga must have been quiet: what follows its end is still on its way to the other services.
const REPOSO: TimeDelta = TimeDelta::seconds(5);
/// Between the beginnings of two sweeps.
const ENTRE_BARRIDOS: TimeDelta = TimeDelta::seconds(15);
/// Log entries of one stretch.
const ENTRADAS: i64 = 2000;
/// Subscriptions of one step of the sweep.
const LOTE: i64 = 250;

struct Entrada {
    tx: String,
    saga: Uuid,
    version: i64,
    reposada: bool,
    termino: bool,
    suscripcion: Option<Uuid>,
}

/// Nobody has the turn while the orchestrators are paused. After a pause everything is checked anew: the log may have
/// been written again, by transactions with other numbers.
pub async fn tomar_turno(pool: &PgPool, instancia: Uuid) -> Result<bool, ErrorRepositorio> {
    let mio = sqlx::query!(
        "update auditoria a
         set instancia = $1, vence = now() + make_interval(secs => $2), pausas = p.turno,
             tx = case when a.pausas = p.turno then a.tx else '0' end,
             saga = case when a.pausas = p.turno then a.saga else '00000000-0000-0000-0000-000000000000' end,
             version = case when a.pausas = p.turno then a.version else 0 end,
             revisadas = case when a.pausas = p.turno then a.revisadas else 0 end,
             revisado_hasta = case when a.pausas = p.turno then a.revisado_hasta end,
             marca = case when a.pausas = p.turno then a.marca end,
             marca_tx = case when a.pausas = p.turno then a.marca_tx end
         from reproceso.pausa p
         where p.desde is null and (a.instancia = $1 or a.vence < now())",
        instancia,
        TURNO.as_seconds_f64(),
    )
    .execute(pool)
    .await
    .map_err(de_sql)?;
    Ok(mio.rows_affected() == 1)
}

pub async fn tramo(pool: &PgPool) -> Result<Tramo, ErrorRepositorio> {
    // Before the entries are read: transactions below `xmin` have ended, so all that they wrote is seen.
    let foto = sqlx::query!(
        r#"select pg_snapshot_xmin(pg_current_snapshot())::text as "xmin!", pg_snapshot_xmax(pg_current_snapshot())::text as "xmax!",
                  now() as "ahora!""#
    )
    .fetch_one(pool)
    .await
    .map_err(de_sql)?;
    let entradas = siguientes(pool, &foto.xmin).await?;
    let llena = entradas.len() as i64 == ENTRADAS;
    let reposadas = entradas.iter().take_while(|entrada| entrada.reposada).count();
    let leido = match entradas.get(reposadas) {
        Some(inquieta) => &inquieta.tx,
        None => entradas.last().filter(|_| llena).map_or(&foto.xmin, |ultima| &ultima.tx),
    };
    let mut tramo = Tramo {
        suscripciones: Vec::new(),
        terminadas: 0,
        hasta: None,
        leido: numero(leido)?,
        siguiente: numero(&foto.xmax)?,
        instante: foto.ahora,
        sigue: llena && reposadas == entradas.len(),
    };
    for entrada in &entradas[..reposadas] {
        if entrada.termino {
            tramo.terminadas += 1;
            tramo.suscripciones.extend(entrada.suscripcion.map(IdSuscripcion));
        }
        tramo.hasta = Some(Posicion { tx: numero(&entrada.tx)?, saga: entrada.saga, version: entrada.version });
    }
    tramo.suscripciones.sort_unstable();
    tramo.suscripciones.dedup();
    Ok(tramo)
}

/// The entries after the last one that was passed. A saga ends in its last entry, and once.
async fn siguientes(pool: &PgPool, xmin: &str) -> Result<Vec<Entrada>, ErrorRepositorio> {
    sqlx::query_as!(
        Entrada,
        r#"select l.tx::text as "tx!", l.saga as "saga!", l.version as "version!", s.id_suscripcion as "suscripcion?",
                  l.instante < now() - make_interval(secs => $2) as "reposada!",
                  coalesce(s.version = l.version and s.fase not in ('avanzando', 'deshaciendo'), false) as "termino!"
           from (select g.tx, g.saga, g.version, g.instante from saga_log g
                 where (g.tx, g.saga, g.version) > (select a.tx, a.saga, a.version from auditoria a)
                   and g.tx < $1::text::xid8
                 order by g.tx, g.saga, g.version limit $3) l
           left join saga s on s.id = l.saga
           order by l.tx, l.saga, l.version"#,
        xmin,
        REPOSO.as_seconds_f64(),
        ENTRADAS,
    )
    .fetch_all(pool)
    .await
    .map_err(de_sql)
}

fn numero(tx: &str) -> Result<u64, ErrorRepositorio> {
    tx.parse().map_err(de_datos)
}

pub async fn pasar_tramo(pool: &PgPool, instancia: Uuid, tramo: &Tramo) -> Result<(), ErrorRepositorio> {
    sqlx::query!(
        "update auditoria
         set tx = coalesce($2::text::xid8, tx), saga = coalesce($3, saga), version = coalesce($4, version),
             revisadas = revisadas + $5,
             revisado_hasta = case when marca_tx <= $6::text::xid8 then marca else revisado_hasta end,
             marca = case when marca_tx > $6::text::xid8 then marca else $8 end,
             marca_tx = case when marca_tx > $6::text::xid8 then marca_tx else $7::text::xid8 end
         where instancia = $1",
        instancia,
        tramo.hasta.map(|posicion| posicion.tx.to_string()),
        tramo.hasta.map(|posicion| posicion.saga),
        tramo.hasta.map(|posicion| posicion.version),
        tramo.terminadas,
        tramo.leido.to_string(),
        tramo.siguiente.to_string(),
        tramo.instante,
    )
    .execute(pool)
    .await
    .map_err(de_sql)?;
    Ok(())
}

/// Subscriptions by age, and whatever the sagas of the same time are about: either side may have lost the other.
pub async fn barrida(pool: &PgPool) -> Result<Option<Barrida>, ErrorRepositorio> {
    let avance = sqlx::query!(
        r#"select barrido_creada, barrido_id, vuelta_inicio is null and
                  coalesce(ultima_vuelta_inicio > now() - make_interval(secs => $1), false) as "descansa!"
           from auditoria"#,
        ENTRE_BARRIDOS.as_seconds_f64(),
    )
    .fetch_one(pool)
    .await
    .map_err(de_sql)?;
    if avance.descansa {
        return Ok(None);
    }
    let filas = sqlx::query!(
        "select creada, id from suscripcion where (creada, id) > ($1, $2) order by creada, id limit $3",
        avance.barrido_creada,
        avance.barrido_id,
        LOTE,
    )
    .fetch_all(pool)
    .await
    .map_err(de_sql)?;
    let ultima = (filas.len() as i64) < LOTE;
    let hasta = filas.last().map_or((avance.barrido_creada, avance.barrido_id), |fila| (fila.creada, fila.id));
    let fin = if ultima { None } else { Some(hasta.0) };
    let mut suscripciones: Vec<IdSuscripcion> = filas.iter().map(|fila| IdSuscripcion(fila.id)).collect();
    suscripciones.extend(de_sagas(pool, avance.barrido_creada, fin).await?);
    suscripciones.sort_unstable();
    suscripciones.dedup();
    Ok(Some(Barrida { suscripciones, hasta, ultima }))
}

/// The subscriptions of the sagas that began between two moments and that no longer have a row.
async fn de_sagas(
    pool: &PgPool,
    desde: DateTime<Utc>,
    hasta: Option<DateTime<Utc>>,
) -> Result<Vec<IdSuscripcion>, ErrorRepositorio> {
    let perdidas = sqlx::query_scalar!(
        "select g.id_suscripcion from saga g
         where g.creada >= $1 and ($2::timestamptz is null or g.creada <= $2)
           and not exists (select from suscripcion s where s.id = g.id_suscripcion)
         limit $3",
        desde,
        hasta,
        LOTE,
    )
    .fetch_all(pool)
    .await
    .map_err(de_sql)?;
    Ok(perdidas.into_iter().map(IdSuscripcion).collect())
}

pub async fn pasar_barrida(pool: &PgPool, instancia: Uuid, barrida: &Barrida) -> Result<(), ErrorRepositorio> {
    let siguiente = if barrida.ultima { (DateTime::UNIX_EPOCH, Uuid::nil()) } else { barrida.hasta };
    let suscripciones = i64::try_from(barrida.suscripciones.len()).map_err(de_datos)?;
    sqlx::query!(
        "update auditoria
         set barrido_creada = $2, barrido_id = $3,
             vuelta_inicio = case when $5 then null else coalesce(vuelta_inicio, now()) end,
             vuelta_suscripciones = case when $5 then 0 else vuelta_suscripciones + $4 end,
             ultima_vuelta_inicio = case when $5 then coalesce(vuelta_inicio, now()) else ultima_vuelta_inicio end,
             ultima_vuelta_fin = case when $5 then now() else ultima_vuelta_fin end,
             ultima_vuelta_suscripciones =
               case when $5 then vuelta_suscripciones + $4 else ultima_vuelta_suscripciones end
         where instancia = $1",
        instancia,
        siguiente.0,
        siguiente.1,
        suscripciones,
        barrida.ultima,
    )
    .execute(pool)
    .await
    .map_err(de_sql)?;
    Ok(())
}

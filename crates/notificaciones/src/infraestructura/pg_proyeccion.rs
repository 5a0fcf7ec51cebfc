//! The table `notificacion`: the fold of each stream, kept for queries, for the version check and for the turns.

use std::collections::HashSet;
use std::time::Duration;

use chrono::{DateTime, Utc};
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use super::pg_errores::{ErrorFila, tecnico};
use super::pg_eventos;
use crate::aplicacion::puertos::{ErrorAlmacen, Versionada};
use crate::dominio::{Estado, IdNotificacion, IdSuscripcion, Notificacion, Resultado, Solicitud};

/// How long one instance has a notification for itself. Longer than an attempt can take.
pub(super) const TURNO: Duration = Duration::from_secs(30);

const LOTE_DE_RECONSTRUCCION: i64 = 500;

/// A row, without the turn.
pub(super) struct Fila {
    version: i32,
    cabeza: [u8; 32],
    estado: &'static str,
    intentos: i32,
    solicitud: Solicitud,
    destinatario: Option<String>,
    motivo: Option<&'static str>,
    proximo_intento: Option<DateTime<Utc>>,
    actualizada: DateTime<Utc>,
}

impl Fila {
    /// The row of a notification that was changed last at `actualizada`.
    pub fn de(leida: &Versionada, actualizada: DateTime<Utc>) -> Result<Self, ErrorFila> {
        let salto = || ErrorFila::Salto { id: leida.id.uuid() };
        let notificacion = &leida.notificacion;
        let (pendientes, proximo_intento) = match notificacion {
            Notificacion::Creada { intentos, proximo_intento, .. } => (*intentos, Some(*proximo_intento)),
            _ => (0, None),
        };
        let (intentos, destinatario, motivo) = match notificacion.resultado() {
            None => (pendientes, None, None),
            Some(Resultado::Entregada(entrega)) => (entrega.intento, Some(entrega.destinatario), None),
            Some(Resultado::Fallida(f)) => (f.intento, f.destinatario, Some(f.rechazo.codigo.como_texto())),
        };
        Ok(Self {
            version: i32::try_from(leida.marca.version).map_err(|_| salto())?,
            cabeza: leida.marca.cabeza,
            estado: Estado::de(notificacion).ok_or_else(salto)?.como_texto(),
            intentos: i32::try_from(intentos).map_err(|_| salto())?,
            solicitud: notificacion.solicitud().ok_or_else(salto)?.clone(),
            destinatario: destinatario.map(|mascara| mascara.como_texto().to_owned()),
            motivo,
            proximo_intento,
            actualizada,
        })
    }

    fn id(&self) -> Uuid {
        self.solicitud.id.uuid()
    }
}

/// Inserts the rows of new streams, with a turn for the instance that inserts; answers which were new.
pub(super) async fn insertar(con: &mut PgConnection, filas: &[&Fila]) -> Result<HashSet<Uuid>, sqlx::Error> {
    if filas.is_empty() {
        return Ok(HashSet::new());
    }
    let nuevas = sqlx::query_scalar!(
        "insert into notificacion
             (id, version, cabeza, estado, intentos, id_suscripcion, codigo_cliente, plantilla, inquilino, origen,
              correlacion, huella_origen, destinatario, motivo, proximo_intento, creada, actualizada, turno_hasta)
         select f.*, now() + make_interval(secs => $18)
         from unnest($1::uuid[], $2::int[], $3::bytea[], $4::text[], $5::int[], $6::uuid[], $7::text[], $8::text[],
                     $9::text[], $10::uuid[], $11::uuid[], $12::text[], $13::text[], $14::text[],
                     $15::timestamptz[], $16::timestamptz[], $17::timestamptz[])
              as f (id, version, cabeza, estado, intentos, id_suscripcion, codigo_cliente, plantilla, inquilino,
                    origen, correlacion, huella_origen, destinatario, motivo, proximo_intento, creada, actualizada)
         order by f.id
         on conflict (id) do nothing
         returning id",
        &filas.iter().map(|f| f.id()).collect::<Vec<_>>(),
        &filas.iter().map(|f| f.version).collect::<Vec<_>>(),
        &filas.iter().map(|f| f.cabeza.as_slice()).collect::<Vec<_>>() as &[&[u8]],
        &filas.iter().map(|f| f.estado).collect::<Vec<_>>() as &[&str],
        &filas.iter().map(|f| f.intentos).collect::<Vec<_>>(),
        &filas.iter().map(|f| f.solicitud.id_suscripcion.map(IdSuscripcion::uuid)).collect::<Vec<_>>()
            as &[Option<Uuid>],
        &filas.iter().map(|f| f.solicitud.codigo_cliente.como_texto()).collect::<Vec<_>>() as &[&str],
        &filas.iter().map(|f| f.solicitud.plantilla.como_texto()).collect::<Vec<_>>() as &[&str],
        &filas.iter().map(|f| f.solicitud.inquilino.como_texto()).collect::<Vec<_>>() as &[&str],
        &filas.iter().map(|f| f.solicitud.origen.id).collect::<Vec<_>>(),
        &filas.iter().map(|f| f.solicitud.origen.correlacion).collect::<Vec<_>>() as &[Option<Uuid>],
        &filas.iter().map(|f| f.solicitud.origen.huella.as_deref()).collect::<Vec<_>>() as &[Option<&str>],
        &filas.iter().map(|f| f.destinatario.as_deref()).collect::<Vec<_>>() as &[Option<&str>],
        &filas.iter().map(|f| f.motivo).collect::<Vec<_>>() as &[Option<&str>],
        &filas.iter().map(|f| f.proximo_intento).collect::<Vec<_>>() as &[Option<DateTime<Utc>>],
        &filas.iter().map(|f| f.solicitud.instante).collect::<Vec<_>>(),
        &filas.iter().map(|f| f.actualizada).collect::<Vec<_>>(),
        TURNO.as_secs_f64(),
    )
    .fetch_all(con)
    .await?;
    Ok(nuevas.into_iter().collect())
}

/// Moves the rows whose version is still the expected one, which gives the turn back; answers which moved.
pub(super) async fn mover(con: &mut PgConnection, filas: &[(i32, &Fila)]) -> Result<HashSet<Uuid>, sqlx::Error> {
    if filas.is_empty() {
        return Ok(HashSet::new());
    }
    let movidas = sqlx::query_scalar!(
        "update notificacion n
         set version = f.version, cabeza = f.cabeza, estado = f.estado, intentos = f.intentos,
             destinatario = f.destinatario, motivo = f.motivo, proximo_intento = f.proximo_intento,
             actualizada = f.actualizada, turno_hasta = null
         from unnest($1::uuid[], $2::int[], $3::int[], $4::bytea[], $5::text[], $6::int[], $7::text[], $8::text[],
                     $9::timestamptz[], $10::timestamptz[])
              as f (id, previa, version, cabeza, estado, intentos, destinatario, motivo, proximo_intento, actualizada)
         where n.id = f.id and n.version = f.previa
         returning n.id",
        &filas.iter().map(|(_, f)| f.id()).collect::<Vec<_>>(),
        &filas.iter().map(|(previa, _)| *previa).collect::<Vec<_>>(),
        &filas.iter().map(|(_, f)| f.version).collect::<Vec<_>>(),
        &filas.iter().map(|(_, f)| f.cabeza.as_slice()).collect::<Vec<_>>() as &[&[u8]],
        &filas.iter().map(|(_, f)| f.estado).collect::<Vec<_>>() as &[&str],
        &filas.iter().map(|(_, f)| f.intentos).collect::<Vec<_>>(),
        &filas.iter().map(|(_, f)| f.destinatario.as_deref()).collect::<Vec<_>>() as &[Option<&str>],
        &filas.iter().map(|(_, f)| f.motivo).collect::<Vec<_>>() as &[Option<&str>],
        &filas.iter().map(|(_, f)| f.proximo_intento).collect::<Vec<_>>() as &[Option<DateTime<Utc>>],
        &filas.iter().map(|(_, f)| f.actualizada).collect::<Vec<_>>(),
    )
    .fetch_all(con)
    .await?;
    Ok(movidas.into_iter().collect())
}

/// Takes the turn of due notifications that nobody holds.
pub(super) async fn tomar_turnos(con: &mut PgConnection, limite: u32) -> Result<Vec<Uuid>, sqlx::Error> {
    sqlx::query_scalar!(
        "update notificacion n set turno_hasta = now() + make_interval(secs => $2)
         from (select id from notificacion
               where proximo_intento <= now() and (turno_hasta is null or turno_hasta <= now())
               order by proximo_intento limit $1 for update skip locked) as vencida
         where n.id = vencida.id
         returning n.id",
        i64::from(limite),
        TURNO.as_secs_f64(),
    )
    .fetch_all(con)
    .await
}

/// Prolongs turns that have not expired, of notifications that still wait; answers which.
pub(super) async fn renovar_turnos(con: &mut PgConnection, ids: &[Uuid]) -> Result<HashSet<Uuid>, sqlx::Error> {
    let renovadas = sqlx::query_scalar!(
        "update notificacion set turno_hasta = now() + make_interval(secs => $2)
         where id = any($1) and estado = 'creada' and turno_hasta > now()
         returning id",
        ids,
        TURNO.as_secs_f64(),
    )
    .fetch_all(con)
    .await?;
    Ok(renovadas.into_iter().collect())
}

/// Writes the whole projection again from the event store, and answers how many streams it holds.
///
/// Appending waits meanwhile, because it needs the locked table before its commit: no event is missed. Readers
/// see the old projection until the commit.
pub async fn reconstruir(pool: &PgPool) -> Result<u64, ErrorAlmacen> {
    let mut tx = pool.begin().await.map_err(tecnico)?;
    sqlx::query!("lock table notificacion in share row exclusive mode").execute(&mut *tx).await.map_err(tecnico)?;
    sqlx::query!("delete from notificacion").execute(&mut *tx).await.map_err(tecnico)?;
    let (mut ultimo, mut total) = (Uuid::nil(), 0);
    loop {
        let ids = siguientes(&mut tx, ultimo).await.map_err(tecnico)?;
        let Some(final_de_lote) = ids.last() else { break };
        ultimo = *final_de_lote;
        let filas = proyectar(&mut tx, &ids).await?;
        let filas: Vec<_> = filas.iter().collect();
        total += insertar(&mut tx, &filas).await.map_err(tecnico)?.len() as u64;
    }
    tx.commit().await.map_err(tecnico)?;
    Ok(total)
}

async fn siguientes(con: &mut PgConnection, ultimo: Uuid) -> Result<Vec<Uuid>, sqlx::Error> {
    sqlx::query_scalar!(
        "select id_notificacion from evento where version = 1 and id_notificacion > $1
         order by id_notificacion limit $2",
        ultimo,
        LOTE_DE_RECONSTRUCCION,
    )
    .fetch_all(con)
    .await
}

async fn proyectar(con: &mut PgConnection, ids: &[Uuid]) -> Result<Vec<Fila>, ErrorAlmacen> {
    let flujos = pg_eventos::leer(con, ids).await?;
    let mut filas = Vec::with_capacity(flujos.len());
    for (id, eslabones) in flujos {
        let leida = pg_eventos::plegar(IdNotificacion::from(id), &eslabones)?;
        let ultimo = eslabones.last().ok_or(ErrorFila::Salto { id })?;
        filas.push(Fila::de(&leida, ultimo.instante)?);
    }
    Ok(filas)
}

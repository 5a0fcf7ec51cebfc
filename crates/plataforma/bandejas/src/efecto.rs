//! Effects: what a message already did, keyed by its id, with the reply that it gets again when it is repeated.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use sqlx::{PgConnection, PgExecutor};
use uuid::Uuid;

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "lowercase")]
pub enum Estado {
    Hecho,
    Rechazado,
    /// The undo arrived first; the command must not do anything any more.
    Cancelado,
}

impl Estado {
    fn como_texto(self) -> &'static str {
        match self {
            Self::Hecho => "hecho",
            Self::Rechazado => "rechazado",
            Self::Cancelado => "cancelado",
        }
    }
}

/// The stored outcome of one message. `respuesta` holds codes only and at most 1 kB; the database refuses more.
#[derive(Clone, Debug, PartialEq)]
pub struct Efecto {
    pub id: Uuid,
    pub tipo: String,
    pub estado: Estado,
    /// sha256 of the canonical request, to tell a repetition from another request under the same id.
    pub huella: Option<String>,
    pub correlacion: Option<Uuid>,
    pub respuesta: serde_json::Value,
}

/// Returns the known effects among `ids`; an id that is missing was never handled.
pub async fn buscar(con: &mut PgConnection, ids: &[Uuid]) -> Result<HashMap<Uuid, Efecto>, sqlx::Error> {
    let efectos = sqlx::query_as!(
        Efecto,
        r#"select id, tipo, estado as "estado: Estado", huella, correlacion, respuesta
           from bandejas.efecto where id = any($1)"#,
        ids,
    )
    .fetch_all(con)
    .await?;
    Ok(efectos.into_iter().map(|e| (e.id, e)).collect())
}

/// A stored effect whose reply was asked for.
#[derive(Clone, Debug)]
pub struct Anotado {
    pub id: Uuid,
    pub respuesta: serde_json::Value,
    pub creado: DateTime<Utc>,
}

/// The next effects, in the order of their ids, whose reply has that field and a value in it.
pub async fn con_campo(
    con: &mut PgConnection,
    campo: &str,
    despues_de: Uuid,
    limite: i64,
) -> Result<Vec<Anotado>, sqlx::Error> {
    sqlx::query_as!(
        Anotado,
        "select id, respuesta, creado from bandejas.efecto
         where id > $2 and respuesta ->> $1 is not null order by id limit $3",
        campo,
        despues_de,
        limite,
    )
    .fetch_all(con)
    .await
}

/// Stores effects for ever and returns the ids that are new.
///
/// An id that exists keeps its first effect. While another transaction writes the same id this one waits for
/// its end, so exactly one of the two gets the id back.
pub async fn registrar(con: &mut PgConnection, efectos: &[Efecto]) -> Result<HashSet<Uuid>, sqlx::Error> {
    insertar(con, efectos, None).await
}

/// Like [`registrar`], for plain events: the retention task forgets these effects after 30 days.
pub async fn registrar_temporales(con: &mut PgConnection, efectos: &[Efecto]) -> Result<HashSet<Uuid>, sqlx::Error> {
    insertar(con, efectos, Some(30)).await
}

async fn insertar(con: &mut PgConnection, efectos: &[Efecto], dias: Option<i32>) -> Result<HashSet<Uuid>, sqlx::Error> {
    if efectos.is_empty() {
        return Ok(HashSet::new());
    }
    let ids: Vec<Uuid> = efectos.iter().map(|e| e.id).collect();
    let tipos: Vec<&str> = efectos.iter().map(|e| e.tipo.as_str()).collect();
    let estados: Vec<&str> = efectos.iter().map(|e| e.estado.como_texto()).collect();
    let huellas: Vec<Option<&str>> = efectos.iter().map(|e| e.huella.as_deref()).collect();
    let correlaciones: Vec<Option<Uuid>> = efectos.iter().map(|e| e.correlacion).collect();
    let respuestas: Vec<serde_json::Value> = efectos.iter().map(|e| e.respuesta.clone()).collect();
    // Sorted, so that two transactions with ids in common wait for each other instead of deadlocking.
    let nuevos = sqlx::query_scalar!(
        "insert into bandejas.efecto (id, tipo, estado, huella, correlacion, respuesta, caduca)
         select id, tipo, estado, huella, correlacion, respuesta, now() + make_interval(days => $7)
         from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::uuid[], $6::jsonb[])
              as e (id, tipo, estado, huella, correlacion, respuesta)
         order by id
         on conflict (id) do nothing
         returning id",
        &ids,
        &tipos as &[&str],
        &estados as &[&str],
        &huellas as &[Option<&str>],
        &correlaciones as &[Option<Uuid>],
        &respuestas,
        dias,
    )
    .fetch_all(con)
    .await?;
    Ok(nuevos.into_iter().collect())
}

/// Deletes the effects whose time is over.
pub(crate) async fn borrar_caducados(con: impl PgExecutor<'_>) -> Result<u64, sqlx::Error> {
    let borrados = sqlx::query!("delete from bandejas.efecto where caduca < now()").execute(con).await?;
    Ok(borrados.rows_affected())
}

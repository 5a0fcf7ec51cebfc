//! The table `evento`.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use super::cadena::Eslabon;
use super::pg_errores::{ErrorFila, tecnico};
use crate::aplicacion::puertos::{ErrorAlmacen, Marca, Versionada};
use crate::dominio::{IdNotificacion, Notificacion};

pub(super) async fn anexar(con: &mut PgConnection, eslabones: &[Eslabon]) -> Result<(), sqlx::Error> {
    let ids: Vec<Uuid> = eslabones.iter().map(|e| e.id).collect();
    let versiones: Vec<i32> = eslabones.iter().map(|e| e.version).collect();
    let tipos: Vec<&str> = eslabones.iter().map(|e| e.tipo.as_str()).collect();
    let datos: Vec<Value> = eslabones.iter().map(|e| e.datos.clone()).collect();
    let instantes: Vec<DateTime<Utc>> = eslabones.iter().map(|e| e.instante).collect();
    let previas: Vec<&[u8]> = eslabones.iter().map(|e| e.huella_previa.as_slice()).collect();
    let huellas: Vec<&[u8]> = eslabones.iter().map(|e| e.huella.as_slice()).collect();
    sqlx::query!(
        "insert into evento (id_notificacion, version, tipo, datos, instante, huella_previa, huella)
         select * from unnest($1::uuid[], $2::int[], $3::text[], $4::jsonb[], $5::timestamptz[],
                              $6::bytea[], $7::bytea[])",
        &ids,
        &versiones,
        &tipos as &[&str],
        &datos,
        &instantes,
        &previas as &[&[u8]],
        &huellas as &[&[u8]],
    )
    .execute(con)
    .await?;
    Ok(())
}

/// The streams of `ids`, each in order; an empty stream is missing in the answer.
pub(super) async fn leer(con: &mut PgConnection, ids: &[Uuid]) -> Result<HashMap<Uuid, Vec<Eslabon>>, ErrorAlmacen> {
    let filas = sqlx::query!(
        "select id_notificacion, version, tipo, datos, instante, huella_previa, huella
         from evento where id_notificacion = any($1) order by id_notificacion, version",
        ids,
    )
    .fetch_all(con)
    .await
    .map_err(tecnico)?;
    let mut flujos: HashMap<Uuid, Vec<Eslabon>> = HashMap::new();
    for fila in filas {
        let id = fila.id_notificacion;
        flujos.entry(id).or_default().push(Eslabon {
            id,
            version: fila.version,
            tipo: fila.tipo,
            datos: fila.datos,
            instante: fila.instante,
            huella_previa: digesto("evento", id, "huella_previa", &fila.huella_previa)?,
            huella: digesto("evento", id, "huella", &fila.huella)?,
        });
    }
    Ok(flujos)
}

/// The fold of a stream.
pub(super) fn plegar(id: IdNotificacion, eslabones: &[Eslabon]) -> Result<Versionada, ErrorFila> {
    let Some(ultimo) = eslabones.last() else { return Ok(Versionada::inexistente(id)) };
    if usize::try_from(ultimo.version) != Ok(eslabones.len()) {
        return Err(ErrorFila::Salto { id: id.uuid() });
    }
    let hechos: Vec<_> = eslabones.iter().map(Eslabon::hecho).collect::<Result<_, _>>()?;
    let marca: Marca = ultimo.marca()?;
    Ok(Versionada { id, marca, notificacion: Notificacion::Inexistente.con(&hechos) })
}

fn digesto(tabla: &'static str, id: Uuid, columna: &'static str, bytes: &[u8]) -> Result<[u8; 32], ErrorFila> {
    bytes.try_into().map_err(|_| ErrorFila::Columna { tabla, id, columna })
}

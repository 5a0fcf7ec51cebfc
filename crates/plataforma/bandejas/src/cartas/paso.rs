//! Statements of the way in: parking, and the record of attempts.

use mensajeria::{Carta, Entrante};
use sqlx::types::Json;
use sqlx::{PgConnection, PgExecutor};
use uuid::Uuid;

use super::carta::CartaSellada;
use super::reintentos::PRIMERA_ESPERA;

/// Inserts the rows and returns group and state of those that are new.
pub(super) async fn insertar(
    con: &mut PgConnection,
    mut cartas: Vec<CartaSellada>,
) -> Result<Vec<(String, String)>, sqlx::Error> {
    // The order of the unique key keeps two instances that park the same messages from deadlocking.
    cartas.sort_by(|a, b| (&a.grupo, &a.tema, &a.posicion).cmp(&(&b.grupo, &b.tema, &b.posicion)));
    let ids: Vec<Uuid> = cartas.iter().map(|c| c.id).collect();
    let grupos: Vec<&str> = cartas.iter().map(|c| c.grupo.as_str()).collect();
    let temas: Vec<&str> = cartas.iter().map(|c| c.tema.as_str()).collect();
    let posiciones: Vec<&str> = cartas.iter().map(|c| c.posicion.as_str()).collect();
    let ids_de_mensaje: Vec<Option<&str>> = cartas.iter().map(|c| c.cabecera("ce_id")).collect();
    let tipos: Vec<Option<&str>> = cartas.iter().map(|c| c.cabecera("ce_type")).collect();
    let correlaciones: Vec<Option<&str>> = cartas.iter().map(|c| c.cabecera("ce_correlationid")).collect();
    let propiedades: Vec<_> = cartas.iter().map(|c| Json(&c.propiedades)).collect();
    let cargas: Vec<&[u8]> = cartas.iter().map(|c| c.carga.as_slice()).collect();
    let escritores: Vec<Option<&str>> = cartas.iter().map(|c| c.escritor.as_deref()).collect();
    let publicados: Vec<_> = cartas.iter().map(|c| c.publicado).collect();
    let codigos: Vec<&str> = cartas.iter().map(|c| c.codigo).collect();
    let detalles: Vec<&str> = cartas.iter().map(|c| c.detalle.as_str()).collect();
    let estados: Vec<&str> = cartas.iter().map(|c| c.estado.como_texto()).collect();
    let filas = sqlx::query!(
        "insert into bandejas.dead_letter (id, grupo, tema, posicion, id_mensaje, tipo, correlacion, propiedades,
                                           carga, escritor, publicado, codigo, detalle, estado, proximo)
         select c.*, case when c.estado = 'reintento' then now() + make_interval(secs => $15) end
         from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
                     $8::jsonb[], $9::bytea[], $10::text[], $11::timestamptz[], $12::text[], $13::text[], $14::text[])
              as c (id, grupo, tema, posicion, id_mensaje, tipo, correlacion, propiedades,
                    carga, escritor, publicado, codigo, detalle, estado)
         on conflict on constraint dead_letter_posicion do nothing
         returning grupo, estado",
        &ids,
        &grupos as &[&str],
        &temas as &[&str],
        &posiciones as &[&str],
        &ids_de_mensaje as &[Option<&str>],
        &tipos as &[Option<&str>],
        &correlaciones as &[Option<&str>],
        &propiedades as &[Json<_>],
        &cargas as &[&[u8]],
        &escritores as &[Option<&str>],
        &publicados,
        &codigos as &[&str],
        &detalles as &[&str],
        &estados as &[&str],
        PRIMERA_ESPERA.as_secs_f64(),
    )
    .fetch_all(con)
    .await?;
    Ok(filas.into_iter().map(|fila| (fila.grupo, fila.estado)).collect())
}

/// Records one more attempt at a message and returns how many there are now.
pub(super) async fn anotar_intento(
    con: impl PgExecutor<'_>,
    grupo: &str,
    entrante: &Entrante,
) -> Result<u32, sqlx::Error> {
    let veces = sqlx::query_scalar!(
        "insert into bandejas.intento (grupo, tema, posicion) values ($1, $2, $3)
         on conflict on constraint intento_pkey do update set veces = intento.veces + 1, visto = now()
         returning veces",
        grupo,
        &*entrante.tema,
        entrante.posicion.to_string(),
    )
    .fetch_one(con)
    .await?;
    Ok(veces.unsigned_abs())
}

/// Deletes the attempt records of messages that are parked now.
pub(super) async fn olvidar_intentos(con: &mut PgConnection, cartas: &[Carta]) -> Result<(), sqlx::Error> {
    let grupos: Vec<&str> = cartas.iter().map(|c| c.grupo.as_str()).collect();
    let temas: Vec<&str> = cartas.iter().map(|c| &*c.entrante.tema).collect();
    let posiciones: Vec<String> = cartas.iter().map(|c| c.entrante.posicion.to_string()).collect();
    sqlx::query!(
        "delete from bandejas.intento
         where (grupo, tema, posicion) in (select * from unnest($1::text[], $2::text[], $3::text[]))",
        &grupos as &[&str],
        &temas as &[&str],
        &posiciones,
    )
    .execute(con)
    .await?;
    Ok(())
}

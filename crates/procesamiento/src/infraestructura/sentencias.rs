//! The statements that write images, one per table whatever the size of the batch.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use super::filas::FilaRetirados;
use super::pg_imagenes::{Cifrados, recepcion};
use crate::aplicacion::Cambio;
use crate::dominio::{Evento, Ficha, ImagenAnonimizada, Retirados};

/// Inserts the images that begin here, as received, and returns those that nobody had inserted.
pub(super) async fn insertar(con: &mut PgConnection, cambios: &[Cambio]) -> Result<HashSet<Uuid>, sqlx::Error> {
    let nuevas: Vec<(&Cambio, &Ficha)> =
        cambios.iter().filter_map(|cambio| Some((cambio, &recepcion(cambio)?.ficha))).collect();
    if nuevas.is_empty() {
        return Ok(HashSet::new());
    }
    let textos = |leer: fn(&Ficha) -> &str| nuevas.iter().map(|(_, f)| leer(f).to_owned()).collect::<Vec<_>>();
    let ids: Vec<Uuid> = nuevas.iter().map(|(cambio, _)| cambio.id.0).collect();
    let operaciones: Vec<Uuid> = nuevas.iter().map(|(cambio, _)| cambio.origen.operacion.0).collect();
    let huellas: Vec<Option<String>> =
        nuevas.iter().map(|(cambio, _)| cambio.origen.huella.as_ref().map(|h| h.as_str().to_owned())).collect();
    let ingestas: Vec<DateTime<Utc>> = nuevas.iter().map(|(_, ficha)| ficha.fecha_ingesta.instante()).collect();
    let recibidas: Vec<DateTime<Utc>> = nuevas.iter().map(|(cambio, _)| cambio.origen.instante).collect();
    let con_antecedentes: Vec<bool> =
        nuevas.iter().map(|(cambio, _)| recepcion(cambio).is_some_and(|r| r.antecedentes.is_some())).collect();
    // Sorted, so that two batches with images in common wait for each other instead of deadlocking.
    let escritas = sqlx::query_scalar!(
        "insert into imagen (id, operacion, huella, inquilino, modalidad, patologia, region_anatomica, formato_imagen,
                             fuente_de_datos, paciente, ingesta, recibida, con_antecedentes)
         select * from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
                              $8::text[], $9::text[], $10::text[], $11::timestamptz[], $12::timestamptz[], $13::bool[])
                       as nueva (id, operacion, huella, inquilino, modalidad, patologia, region_anatomica,
                                 formato_imagen, fuente_de_datos, paciente, ingesta, recibida, con_antecedentes)
         order by id
         on conflict do nothing
         returning id",
        &ids,
        &operaciones,
        &huellas as &[Option<String>],
        &textos(|ficha| ficha.inquilino.as_str()),
        &textos(|ficha| ficha.modalidad.as_str()),
        &textos(|ficha| ficha.patologia.as_str()),
        &textos(|ficha| ficha.region_anatomica.as_str()),
        &textos(|ficha| ficha.formato_imagen.as_str()),
        &textos(|ficha| ficha.fuente_de_datos.as_str()),
        &textos(|ficha| ficha.paciente.as_str()),
        &ingestas,
        &recibidas,
        &con_antecedentes,
    )
    .fetch_all(con)
    .await?;
    Ok(escritas.into_iter().collect())
}

pub(super) async fn insertar_antecedentes(con: &mut PgConnection, cifrados: Vec<Cifrados>) -> Result<(), sqlx::Error> {
    if cifrados.is_empty() {
        return Ok(());
    }
    let imagenes: Vec<Uuid> = cifrados.iter().map(|dato| dato.imagen).collect();
    let (claves, textos): (Vec<_>, Vec<_>) = cifrados.into_iter().map(|dato| (dato.clave, dato.cifrado)).unzip();
    sqlx::query!(
        "insert into antecedentes (imagen, clave, cifrado)
         select * from unnest($1::uuid[], $2::bytea[], $3::bytea[])",
        &imagenes,
        &claves,
        &textos,
    )
    .execute(con)
    .await?;
    Ok(())
}

/// How an image ends, as columns.
#[derive(Default)]
struct Fin<'a> {
    estado: &'static str,
    perfil: Option<&'static str>,
    retirados: Option<&'a Retirados>,
    anonimizada: Option<DateTime<Utc>>,
    causa: Option<&'a str>,
    informe: Option<&'a str>,
}

fn fin(cambio: &Cambio) -> Option<(&Cambio, &Ficha, Fin<'_>)> {
    cambio.eventos.iter().find(|evento| !matches!(evento, Evento::Recibida(_)))?;
    let (ficha, fin) = match &cambio.imagen {
        ImagenAnonimizada::Inexistente | ImagenAnonimizada::Recibida { .. } => return None,
        ImagenAnonimizada::Anonimizada { ficha, resultado } => (
            ficha,
            Fin {
                estado: "anonimizada",
                perfil: Some(resultado.perfil.as_str()),
                retirados: Some(&resultado.retirados),
                anonimizada: Some(resultado.cuando),
                ..Fin::default()
            },
        ),
        ImagenAnonimizada::EnCuarentena { ficha, causa } => (
            ficha,
            Fin {
                estado: "cuarentena",
                causa: Some(&causa.codigo),
                informe: causa.informe.as_deref(),
                ..Fin::default()
            },
        ),
        ImagenAnonimizada::Fallida { ficha, causa } => (
            ficha,
            Fin { estado: "fallida", causa: Some(&causa.codigo), informe: causa.informe.as_deref(), ..Fin::default() },
        ),
    };
    Some((cambio, ficha, fin))
}

/// Writes the ends of those images whose version is still the one that was read, and returns which.
pub(super) async fn actualizar(con: &mut PgConnection, cambios: &[&Cambio]) -> Result<HashSet<Uuid>, sqlx::Error> {
    let fines: Vec<_> = cambios.iter().filter_map(|cambio| fin(cambio)).collect();
    if fines.is_empty() {
        return Ok(HashSet::new());
    }
    let ids: Vec<Uuid> = fines.iter().map(|(cambio, ..)| cambio.id.0).collect();
    // An image inserted by this very change stands at version 1.
    let versiones: Vec<i64> = fines.iter().map(|(cambio, ..)| cambio.leida.max(1)).collect();
    let textos = |leer: fn(&Fin<'_>) -> Option<String>| fines.iter().map(|(.., fin)| leer(fin)).collect::<Vec<_>>();
    let de_ficha = |leer: fn(&Ficha) -> &str| fines.iter().map(|(_, f, _)| leer(f).to_owned()).collect::<Vec<_>>();
    let estados: Vec<String> = fines.iter().map(|(.., fin)| fin.estado.to_owned()).collect();
    let retirados = fines.iter().map(|(.., fin)| {
        fin.retirados.map(|retirados| serde_json::to_value(FilaRetirados::from(retirados.clone()))).transpose()
    });
    let retirados: Vec<Option<Value>> = retirados.collect::<Result<_, _>>().map_err(codificar)?;
    let informes = fines.iter().map(|(.., fin)| fin.informe.map(serde_json::from_str::<Value>).transpose());
    let informes: Vec<Option<Value>> = informes.collect::<Result<_, _>>().map_err(codificar)?;
    let instantes: Vec<Option<DateTime<Utc>>> = fines.iter().map(|(.., fin)| fin.anonimizada).collect();
    let escritas = sqlx::query_scalar!(
        "with tomada as (
             select imagen.id, c.estado, c.perfil, c.retirados, c.anonimizada, c.causa, c.informe, c.modalidad,
                    c.region_anatomica, c.paciente
             from unnest($1::uuid[], $2::bigint[], $3::text[], $4::text[], $5::jsonb[], $6::timestamptz[],
                         $7::text[], $8::jsonb[], $9::text[], $10::text[], $11::text[])
                  as c (id, version, estado, perfil, retirados, anonimizada, causa, informe, modalidad,
                        region_anatomica, paciente)
             join imagen on imagen.id = c.id and imagen.version = c.version
             order by imagen.id
             for update of imagen
         )
         update imagen
         set estado = tomada.estado, version = version + 1, perfil = tomada.perfil, retirados = tomada.retirados,
             anonimizada = tomada.anonimizada, causa = tomada.causa, informe = tomada.informe,
             modalidad = tomada.modalidad, region_anatomica = tomada.region_anatomica, paciente = tomada.paciente
         from tomada where imagen.id = tomada.id
         returning imagen.id",
        &ids,
        &versiones,
        &estados,
        &textos(|fin| fin.perfil.map(str::to_owned)) as &[Option<String>],
        &retirados as &[Option<Value>],
        &instantes as &[Option<DateTime<Utc>>],
        &textos(|fin| fin.causa.map(str::to_owned)) as &[Option<String>],
        &informes as &[Option<Value>],
        &de_ficha(|ficha| ficha.modalidad.as_str()),
        &de_ficha(|ficha| ficha.region_anatomica.as_str()),
        &de_ficha(|ficha| ficha.paciente.as_str()),
    )
    .fetch_all(con)
    .await?;
    Ok(escritas.into_iter().collect())
}

fn codificar(error: serde_json::Error) -> sqlx::Error {
    sqlx::Error::Encode(Box::new(error))
}

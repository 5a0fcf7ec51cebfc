use std::collections::HashSet;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use super::filas::tecnico;
use super::pg_imagenes::recepcion;
use crate::aplicacion::{Cambio, ErrorRepositorio, RegistroObjetos, Zona};
use crate::dominio::{Archivo, ClaveObjeto, Evento, ImagenAnonimizada, Original};

/// Writes down the originals that came with new images.
pub(super) async fn insertar_originales(con: &mut PgConnection, cambios: &[&Cambio]) -> Result<(), sqlx::Error> {
    let originales: Vec<(&Cambio, &Original)> =
        cambios.iter().filter_map(|cambio| Some((*cambio, recepcion(cambio)?.original.as_ref()?))).collect();
    if originales.is_empty() {
        return Ok(());
    }
    let imagenes: Vec<Uuid> = originales.iter().map(|(cambio, _)| cambio.id.0).collect();
    let textos = |leer: fn(&Original) -> &str| originales.iter().map(|(_, o)| leer(o).to_owned()).collect::<Vec<_>>();
    sqlx::query!(
        "insert into borrado_pendiente (objeto, imagen, formato, bytes, sha256)
         select * from unnest($1::text[], $2::uuid[], $3::text[], $4::bigint[], $5::text[])",
        &textos(|original| original.objeto.as_str()),
        &imagenes,
        &textos(|original| original.formato.as_str()),
        &originales.iter().map(|(_, original)| entero(original.bytes)).collect::<Vec<i64>>(),
        &textos(|original| original.sha256.as_str()),
    )
    .execute(con)
    .await?;
    Ok(())
}

/// Writes down the clean files, and lets those originals go that nobody needs any more: a quarantined one stays.
pub(super) async fn concluir(con: &mut PgConnection, cambios: &[&Cambio]) -> Result<(), sqlx::Error> {
    let archivos: Vec<(&Cambio, &str, &Archivo)> = cambios.iter().filter_map(|cambio| archivo(cambio)).collect();
    if !archivos.is_empty() {
        insertar_archivos(con, &archivos).await?;
    }
    let apartada = |cambio: &&&Cambio| matches!(cambio.eventos.last(), Some(Evento::Apartada(_)));
    let liberadas: Vec<Uuid> = cambios.iter().filter(|c| !apartada(c)).map(|cambio| cambio.id.0).collect();
    let cuando: Option<DateTime<Utc>> = cambios.first().map(|cambio| cambio.origen.instante);
    if !liberadas.is_empty() {
        sqlx::query!(
            "update borrado_pendiente set liberado = $2 where imagen = any($1) and liberado is null",
            &liberadas,
            cuando,
        )
        .execute(con)
        .await?;
    }
    Ok(())
}

fn archivo(cambio: &Cambio) -> Option<(&Cambio, &str, &Archivo)> {
    match &cambio.imagen {
        ImagenAnonimizada::Anonimizada { ficha, resultado } => {
            Some((cambio, ficha.inquilino.as_str(), resultado.archivo.as_ref()?))
        }
        ImagenAnonimizada::Inexistente
        | ImagenAnonimizada::Recibida { .. }
        | ImagenAnonimizada::EnCuarentena { .. }
        | ImagenAnonimizada::Fallida { .. } => None,
    }
}

async fn insertar_archivos(con: &mut PgConnection, archivos: &[(&Cambio, &str, &Archivo)]) -> Result<(), sqlx::Error> {
    let textos = |leer: fn(&Archivo) -> &str| archivos.iter().map(|(.., a)| leer(a).to_owned()).collect::<Vec<_>>();
    let uids =
        |leer: fn(&Archivo) -> &Option<String>| archivos.iter().map(|(.., a)| leer(a).clone()).collect::<Vec<_>>();
    let informes = archivos.iter().map(|(.., archivo)| serde_json::from_str::<Value>(&archivo.informe));
    let informes: Vec<Value> =
        informes.collect::<Result<_, _>>().map_err(|error| sqlx::Error::Encode(Box::new(error)))?;
    sqlx::query!(
        "insert into archivo (imagen, inquilino, objeto, formato, bytes, sha256, estudio, serie, instancia, clase,
                              informe)
         select * from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::text[], $7::text[],
                              $8::text[], $9::text[], $10::text[], $11::jsonb[])",
        &archivos.iter().map(|(cambio, ..)| cambio.id.0).collect::<Vec<Uuid>>(),
        &archivos.iter().map(|(_, inquilino, _)| (*inquilino).to_owned()).collect::<Vec<String>>(),
        &textos(|archivo| archivo.objeto.as_str()),
        &textos(|archivo| archivo.formato.as_str()),
        &archivos.iter().map(|(.., archivo)| entero(archivo.bytes)).collect::<Vec<i64>>(),
        &textos(|archivo| archivo.sha256.as_str()),
        &uids(|archivo| &archivo.atributos.estudio) as &[Option<String>],
        &uids(|archivo| &archivo.atributos.serie) as &[Option<String>],
        &uids(|archivo| &archivo.atributos.instancia) as &[Option<String>],
        &uids(|archivo| &archivo.atributos.clase) as &[Option<String>],
        &informes,
    )
    .execute(con)
    .await?;
    Ok(())
}

fn entero(bytes: u64) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}

/// Which objects belong to an image.
pub struct PgObjetos {
    pool: PgPool,
}

impl PgObjetos {
    pub fn nuevo(pool: PgPool) -> Self {
        Self { pool }
    }
}

#[async_trait]
impl RegistroObjetos for PgObjetos {
    #[tracing::instrument(name = "db.objetos.liberados", skip_all)]
    async fn liberados(&self, limite: u32) -> Result<Vec<ClaveObjeto>, ErrorRepositorio> {
        let objetos = sqlx::query!(
            "select objeto, imagen from borrado_pendiente where liberado is not null order by liberado limit $1",
            i64::from(limite),
        )
        .fetch_all(&self.pool)
        .await
        .map_err(tecnico)?;
        let leer = |objeto: &str, id| {
            ClaveObjeto::try_from(objeto).map_err(|_| ErrorRepositorio::Incoherente { tabla: "borrado_pendiente", id })
        };
        objetos.iter().map(|fila| leer(&fila.objeto, fila.imagen)).collect()
    }

    #[tracing::instrument(name = "db.objetos.borrados", skip_all, fields(objetos = objetos.len()))]
    async fn borrados(&self, objetos: &[ClaveObjeto]) -> Result<(), ErrorRepositorio> {
        sqlx::query!("delete from borrado_pendiente where objeto = any($1) and liberado is not null", &claves(objetos))
            .execute(&self.pool)
            .await
            .map_err(tecnico)?;
        Ok(())
    }

    #[tracing::instrument(name = "db.objetos.conocidos", skip_all, fields(objetos = objetos.len()))]
    async fn conocidos(&self, zona: Zona, objetos: &[ClaveObjeto]) -> Result<HashSet<ClaveObjeto>, ErrorRepositorio> {
        let claves = claves(objetos);
        let conocidos = match zona {
            Zona::Cuarentena => {
                sqlx::query_scalar!("select objeto from borrado_pendiente where objeto = any($1)", &claves)
                    .fetch_all(&self.pool)
                    .await
            }
            Zona::Limpia => {
                sqlx::query_scalar!("select objeto from archivo where objeto = any($1)", &claves)
                    .fetch_all(&self.pool)
                    .await
            }
        };
        let conocidos: HashSet<String> = conocidos.map_err(tecnico)?.into_iter().collect();
        Ok(objetos.iter().filter(|objeto| conocidos.contains(objeto.as_str())).cloned().collect())
    }
}

fn claves(objetos: &[ClaveObjeto]) -> Vec<String> {
    objetos.iter().map(|objeto| objeto.as_str().to_owned()).collect()
}

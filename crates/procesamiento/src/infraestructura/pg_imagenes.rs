use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use async_trait::async_trait;
use bandejas::Despachador;
use chrono::{DateTime, Utc};
use cifrado::{Cifrador, ErrorCifrado};
use serde_json::Value;
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use super::filas::{Fila, FilaRetirados, tecnico};
use super::mensajes;
use crate::aplicacion::{Cambio, ErrorRepositorio, Guardado, Registrada, RepositorioImagenes, Versionada};
use crate::dominio::{Antecedentes, Evento, Ficha, Huella, IdImagen, IdOperacion, Resultado};

/// Images in Postgres, with the personal data that came with them encrypted next to them.
pub struct PgImagenes {
    pool: PgPool,
    despachador: Despachador,
    cifrador: Arc<Cifrador>,
}

impl PgImagenes {
    pub fn nuevo(pool: PgPool, despachador: Despachador, cifrador: Arc<Cifrador>) -> Self {
        Self { pool, despachador, cifrador }
    }

    fn cifrar(&self, id: IdImagen, antecedentes: &Antecedentes) -> Result<Cifrados, ErrorCifrado> {
        let clave = self.cifrador.clave_nueva()?;
        let contexto = format!("antecedentes:{id}");
        let cifrado = self.cifrador.cifrar(&clave, antecedentes.as_str().as_bytes(), contexto.as_bytes())?;
        Ok(Cifrados { imagen: id.0, clave: clave.as_bytes().to_vec(), cifrado })
    }
}

struct Cifrados {
    imagen: Uuid,
    clave: Vec<u8>,
    cifrado: Vec<u8>,
}

#[async_trait]
impl RepositorioImagenes for PgImagenes {
    #[tracing::instrument(name = "db.imagenes.obtener", skip_all, fields(imagenes = ids.len()))]
    async fn obtener(&self, ids: &[IdImagen]) -> Result<HashMap<IdImagen, Versionada>, ErrorRepositorio> {
        let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
        let filas = sqlx::query_as!(
            Fila,
            r#"select id, inquilino, estado, version, modalidad, patologia, region_anatomica, formato_imagen,
                      fuente_de_datos, paciente, ingesta, con_antecedentes, perfil,
                      retirados as "retirados: _", anonimizada
               from imagen where id = any($1)"#,
            &ids,
        )
        .fetch_all(&self.pool)
        .await
        .map_err(tecnico)?;
        filas.into_iter().map(|fila| Ok((IdImagen(fila.id), fila.try_into()?))).collect()
    }

    #[tracing::instrument(name = "db.imagenes.operaciones", skip_all, fields(operaciones = ids.len()))]
    async fn operaciones(&self, ids: &[IdOperacion]) -> Result<HashMap<IdOperacion, Registrada>, ErrorRepositorio> {
        let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
        let filas = sqlx::query!("select operacion, id, huella, estado from imagen where operacion = any($1)", &ids)
            .fetch_all(&self.pool)
            .await
            .map_err(tecnico)?;
        let registradas = filas.into_iter().map(|fila| {
            let incoherente = |_| ErrorRepositorio::Incoherente { tabla: "imagen", id: fila.id };
            let huella = fila.huella.as_deref().map(Huella::try_from).transpose().map_err(incoherente)?;
            let registrada =
                Registrada { imagen: IdImagen(fila.id), huella, anonimizada: fila.estado == "anonimizada" };
            Ok((IdOperacion(fila.operacion), registrada))
        });
        registradas.collect()
    }

    #[tracing::instrument(name = "db.imagenes.guardar", skip_all, fields(cambios = cambios.len()))]
    async fn guardar(&self, cambios: Vec<Cambio>) -> Result<Vec<Guardado>, ErrorRepositorio> {
        let mut tx = self.pool.begin().await.map_err(tecnico)?;
        let nuevas = insertar(&mut tx, &cambios).await.map_err(tecnico)?;
        let escrita = |cambio: &&Cambio| cambio.leida > 0 || nuevas.contains(&cambio.id.0);
        let propios = cambios.iter().filter(escrita);
        let cifrados: Vec<_> = propios
            .flat_map(|cambio| antecedentes(cambio).map(|dato| self.cifrar(cambio.id, dato)))
            .collect::<Result<_, _>>()
            .map_err(tecnico)?;
        insertar_antecedentes(&mut tx, cifrados).await.map_err(tecnico)?;
        let anonimizadas = actualizar(&mut tx, cambios.iter().filter(escrita)).await.map_err(tecnico)?;

        let escrito = |cambio: &Cambio| match resultado(cambio) {
            Some(_) => anonimizadas.contains(&cambio.id.0),
            None => nuevas.contains(&cambio.id.0),
        };
        let salientes = cambios.iter().filter(|cambio| escrito(cambio)).map(mensajes::de_cambio);
        let salientes = salientes.filter_map(Result::transpose).collect::<Result<_, _>>().map_err(tecnico)?;
        bandejas::confirmar(tx, &self.despachador, salientes).await.map_err(tecnico)?;
        let guardado = |cambio| if escrito(cambio) { Guardado::Escrito } else { Guardado::Conflicto };
        Ok(cambios.iter().map(guardado).collect())
    }
}

fn ficha(cambio: &Cambio) -> Option<&Ficha> {
    cambio.eventos.iter().find_map(|evento| match evento {
        Evento::Recibida(recepcion) => Some(&recepcion.ficha),
        Evento::Anonimizada(_) => None,
    })
}

fn antecedentes(cambio: &Cambio) -> Option<&Antecedentes> {
    cambio.eventos.iter().find_map(|evento| match evento {
        Evento::Recibida(recepcion) => recepcion.antecedentes.as_ref(),
        Evento::Anonimizada(_) => None,
    })
}

fn resultado(cambio: &Cambio) -> Option<&Resultado> {
    cambio.eventos.iter().find_map(|evento| match evento {
        Evento::Recibida(_) => None,
        Evento::Anonimizada(resultado) => Some(resultado),
    })
}

/// Inserts the images that begin here, as received, and returns those that nobody had inserted.
async fn insertar(con: &mut PgConnection, cambios: &[Cambio]) -> Result<HashSet<Uuid>, sqlx::Error> {
    let nuevas: Vec<(&Cambio, &Ficha)> = cambios.iter().filter_map(|cambio| Some((cambio, ficha(cambio)?))).collect();
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
    let con_antecedentes: Vec<bool> = nuevas.iter().map(|(cambio, _)| antecedentes(cambio).is_some()).collect();
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

async fn insertar_antecedentes(con: &mut PgConnection, cifrados: Vec<Cifrados>) -> Result<(), sqlx::Error> {
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

/// Writes the results of those images whose version is still the one that was read, and returns which.
async fn actualizar(
    con: &mut PgConnection,
    cambios: impl Iterator<Item = &Cambio>,
) -> Result<HashSet<Uuid>, sqlx::Error> {
    let cambios: Vec<(&Cambio, &Resultado)> = cambios.filter_map(|cambio| Some((cambio, resultado(cambio)?))).collect();
    if cambios.is_empty() {
        return Ok(HashSet::new());
    }
    let ids: Vec<Uuid> = cambios.iter().map(|(cambio, _)| cambio.id.0).collect();
    // An image inserted by this very change stands at version 1.
    let versiones: Vec<i64> = cambios.iter().map(|(cambio, _)| cambio.leida.max(1)).collect();
    let perfiles: Vec<String> = cambios.iter().map(|(_, r)| r.perfil.as_str().to_owned()).collect();
    let retirados: Vec<Value> = cambios
        .iter()
        .map(|(_, r)| serde_json::to_value(FilaRetirados::from(r.retirados)))
        .collect::<Result<_, _>>()
        .map_err(|error| sqlx::Error::Encode(Box::new(error)))?;
    let instantes: Vec<DateTime<Utc>> = cambios.iter().map(|(_, r)| r.cuando).collect();
    let escritas = sqlx::query_scalar!(
        "with tomada as (
             select imagen.id, c.perfil, c.retirados, c.anonimizada
             from unnest($1::uuid[], $2::bigint[], $3::text[], $4::jsonb[], $5::timestamptz[])
                  as c (id, version, perfil, retirados, anonimizada)
             join imagen on imagen.id = c.id and imagen.version = c.version
             order by imagen.id
             for update of imagen
         )
         update imagen
         set estado = 'anonimizada', version = version + 1,
             perfil = tomada.perfil, retirados = tomada.retirados, anonimizada = tomada.anonimizada
         from tomada where imagen.id = tomada.id
         returning imagen.id",
        &ids,
        &versiones,
        &perfiles,
        &retirados,
        &instantes,
    )
    .fetch_all(con)
    .await?;
    Ok(escritas.into_iter().collect())
}

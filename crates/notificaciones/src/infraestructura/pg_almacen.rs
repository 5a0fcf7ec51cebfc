use std::collections::HashSet;

use async_trait::async_trait;
use bandejas::efecto::{self, Efecto};
use bandejas::{Despachador, confirmar};
use contratos::Saliente;
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use super::cadena::{Eslabon, encadenar};
use super::mensajes::{self, Publicado};
use super::pg_errores::{ErrorFila, tecnico};
use super::pg_proyeccion::Fila;
use super::{pg_eventos, pg_proyeccion};
use crate::aplicacion::puertos::{
    AlmacenNotificaciones, Cambio, ErrorAlmacen, Guardado, Respuesta, TurnosDeEnvio, Versionada,
};
use crate::dominio::IdNotificacion;

/// The event store in Postgres.
#[derive(Clone)]
pub struct PgAlmacen {
    pool: PgPool,
    despachador: Despachador,
}

impl PgAlmacen {
    pub fn nuevo(pool: PgPool, despachador: Despachador) -> Self {
        Self { pool, despachador }
    }
}

#[async_trait]
impl AlmacenNotificaciones for PgAlmacen {
    #[tracing::instrument(name = "db.notificaciones.obtener", skip_all, fields(ids = ids.len()))]
    async fn obtener(&self, ids: &[IdNotificacion]) -> Result<Vec<Versionada>, ErrorAlmacen> {
        let mut con = self.pool.acquire().await.map_err(tecnico)?;
        leer(&mut con, ids).await
    }

    #[tracing::instrument(name = "db.notificaciones.guardar", skip_all, fields(cambios = cambios.len()))]
    async fn guardar(&self, cambios: Vec<Cambio>) -> Result<Vec<Guardado>, ErrorAlmacen> {
        let cambios = cambios.into_iter().map(Preparado::nuevo).collect::<Result<Vec<_>, _>>()?;
        let mut tx = self.pool.begin().await.map_err(tecnico)?;
        let escritos = escribir_proyeccion(&mut tx, &cambios).await.map_err(tecnico)?;
        let (mut eslabones, mut efectos, mut salientes) = (Vec::new(), Vec::new(), Vec::new());
        let mut guardados = Vec::with_capacity(cambios.len());
        for cambio in cambios {
            if !escritos.contains(&cambio.escrita.id.uuid()) {
                guardados.push(Guardado::Conflicto);
                continue;
            }
            guardados.push(Guardado::Escrito(cambio.escrita.marca));
            eslabones.extend(cambio.eslabones);
            efectos.extend(cambio.publicado.efecto);
            salientes.extend(cambio.publicado.salientes);
        }
        if eslabones.is_empty() {
            tx.rollback().await.map_err(tecnico)?;
            return Ok(guardados);
        }
        pg_eventos::anexar(&mut tx, &eslabones).await.map_err(tecnico)?;
        efecto::registrar(&mut tx, &efectos).await.map_err(tecnico)?;
        confirmar(tx, &self.despachador, salientes).await.map_err(tecnico)?;
        Ok(guardados)
    }

    #[tracing::instrument(name = "db.notificaciones.responder", skip_all, fields(respuestas = respuestas.len()))]
    async fn responder(&self, respuestas: Vec<Respuesta>) -> Result<(), ErrorAlmacen> {
        let publicados = respuestas.iter().map(mensajes::de_respuesta).collect::<Result<Vec<_>, _>>()?;
        let efectos: Vec<Efecto> = publicados.iter().filter_map(|p| p.efecto.clone()).collect();
        let salientes: Vec<Saliente> = publicados.into_iter().flat_map(|p| p.salientes).collect();
        let mut tx = self.pool.begin().await.map_err(tecnico)?;
        efecto::registrar(&mut tx, &efectos).await.map_err(tecnico)?;
        confirmar(tx, &self.despachador, salientes).await.map_err(tecnico)
    }
}

#[async_trait]
impl TurnosDeEnvio for PgAlmacen {
    #[tracing::instrument(name = "db.notificaciones.tomar", skip_all)]
    async fn tomar(&self, limite: u32) -> Result<Vec<Versionada>, ErrorAlmacen> {
        let mut con = self.pool.acquire().await.map_err(tecnico)?;
        let ids = pg_proyeccion::tomar_turnos(&mut con, limite).await.map_err(tecnico)?;
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let ids: Vec<_> = ids.into_iter().map(IdNotificacion::from).collect();
        leer(&mut con, &ids).await
    }

    #[tracing::instrument(name = "db.notificaciones.renovar", skip_all, fields(lote = lote.len()))]
    async fn renovar(&self, mut lote: Vec<Versionada>) -> Result<Vec<Versionada>, ErrorAlmacen> {
        let mut con = self.pool.acquire().await.map_err(tecnico)?;
        let ids: Vec<_> = lote.iter().map(|versionada| versionada.id.uuid()).collect();
        let renovadas = pg_proyeccion::renovar_turnos(&mut con, &ids).await.map_err(tecnico)?;
        lote.retain(|versionada| renovadas.contains(&versionada.id.uuid()));
        Ok(lote)
    }
}

/// A change with everything that its transaction writes.
struct Preparado {
    previa: i32,
    escrita: Versionada,
    fila: Fila,
    eslabones: Vec<Eslabon>,
    publicado: Publicado,
}

impl Preparado {
    fn nuevo(cambio: Cambio) -> Result<Self, ErrorAlmacen> {
        let (eslabones, marca) = encadenar(cambio.id, cambio.previa, &cambio.hechos, cambio.instante)?;
        let publicado = mensajes::de_cambio(&cambio)?;
        let previa = i32::try_from(cambio.previa.version).map_err(|_| ErrorFila::Salto { id: cambio.id.uuid() })?;
        let escrita = Versionada { id: cambio.id, marca, notificacion: cambio.notificacion };
        let fila = Fila::de(&escrita, cambio.instante)?;
        Ok(Self { previa, escrita, fila, eslabones, publicado })
    }
}

/// The version check: answers which streams were still where the writer saw them.
async fn escribir_proyeccion(con: &mut PgConnection, cambios: &[Preparado]) -> Result<HashSet<Uuid>, sqlx::Error> {
    let (nuevos, existentes): (Vec<_>, Vec<_>) = cambios.iter().partition(|cambio| cambio.previa == 0);
    let nuevas: Vec<_> = nuevos.iter().map(|cambio| &cambio.fila).collect();
    let movidas: Vec<_> = existentes.iter().map(|cambio| (cambio.previa, &cambio.fila)).collect();
    let mut escritas = pg_proyeccion::insertar(con, &nuevas).await?;
    escritas.extend(pg_proyeccion::mover(con, &movidas).await?);
    Ok(escritas)
}

async fn leer(con: &mut PgConnection, ids: &[IdNotificacion]) -> Result<Vec<Versionada>, ErrorAlmacen> {
    let uuids: Vec<_> = ids.iter().map(|id| id.uuid()).collect();
    let flujos = pg_eventos::leer(con, &uuids).await?;
    let vacio = Vec::new();
    let leidas = ids.iter().map(|id| pg_eventos::plegar(*id, flujos.get(&id.uuid()).unwrap_or(&vacio)));
    Ok(leidas.collect::<Result<Vec<_>, _>>()?)
}

use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;
use bandejas::Despachador;
use chrono::{DateTime, Utc};
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use super::compuerta::Compuerta;
use super::consultas::Consultas;
use super::emisor::Emisor;
use super::errores::{de_datos, de_sql};
use super::pg_lotes as lotes;
use super::pg_sagas::escribir;
use crate::aplicacion::puertos::{Avance, Confirmacion, ErrorRepositorio, Lote, Mandado, RepositorioMandos};
use crate::aplicacion::{Asiento, Encargo, FiltroSagas, Resultado, Tenencia};
use crate::dominio::IdSaga;

/// Orders and batches in Postgres. An order is in the transaction of the transition that it causes.
pub struct MandosPg {
    pool: PgPool,
    despachador: Despachador,
    emisor: Arc<Emisor>,
    consultas: Arc<Consultas>,
    compuerta: Arc<Compuerta>,
}

impl MandosPg {
    pub fn nuevo(pool: PgPool, despachador: Despachador, emisor: Arc<Emisor>, consultas: Arc<Consultas>) -> Self {
        Self { pool, despachador, emisor, consultas, compuerta: Arc::new(Compuerta::abierta()) }
    }

    /// Works only while the gate lets it.
    pub fn tras(self, compuerta: Arc<Compuerta>) -> Self {
        Self { compuerta, ..self }
    }
}

#[async_trait]
impl RepositorioMandos for MandosPg {
    async fn seleccionar(
        &self,
        inquilino: &str,
        filtro: &FiltroSagas,
        limite: i64,
    ) -> Result<Vec<IdSaga>, ErrorRepositorio> {
        let ids = self.consultas.vivas(inquilino, filtro, limite).await?;
        Ok(ids.into_iter().map(IdSaga).collect())
    }

    #[tracing::instrument(name = "db.mandos.guardar", skip_all, fields(avances = avances.len()))]
    async fn guardar(&self, encargo: &Encargo, avances: &[Avance]) -> Result<Vec<Mandado>, ErrorRepositorio> {
        if avances.is_empty() {
            return Ok(Vec::new());
        }
        let _paso = self.compuerta.pasar().await?;
        let mut tx = self.pool.begin().await.map_err(de_sql)?;
        // The records first: of two processes with one batch, the second waits here and finds them.
        let asientos: Vec<Asiento> = avances.iter().map(aplicado).collect();
        let nuevas = insertar(&mut tx, encargo, &asientos).await?;
        let propios: Vec<&Avance> = avances.iter().filter(|avance| nuevas.contains_key(&avance.saga.id.0)).collect();
        let (escritas, salientes) = escribir(&mut tx, &self.emisor, &propios, &Tenencia::default()).await?;
        let perdidas = nuevas.iter().filter(|(saga, _)| !escritas.contains(saga)).map(|(_, id)| *id).collect();
        borrar(&mut tx, perdidas).await?;
        bandejas::confirmar(tx, &self.despachador, salientes).await.map_err(de_sql)?;
        let mandado = |avance: &Avance| {
            let id = &avance.saga.id.0;
            match (escritas.contains(id), nuevas.contains_key(id)) {
                (true, _) => Mandado::Aplicado,
                (false, true) => Mandado::Conflicto,
                (false, false) => Mandado::YaConsta,
            }
        };
        Ok(avances.iter().map(mandado).collect())
    }

    async fn anotar(&self, encargo: &Encargo, asientos: &[Asiento]) -> Result<(), ErrorRepositorio> {
        if asientos.is_empty() {
            return Ok(());
        }
        let mut con = self.pool.acquire().await.map_err(de_sql)?;
        insertar(&mut con, encargo, asientos).await?;
        Ok(())
    }

    async fn proponer(&self, lote: &Lote) -> Result<(), ErrorRepositorio> {
        lotes::proponer(&self.pool, lote).await
    }

    async fn confirmar(&self, lote: Uuid, actor: &str, ahora: DateTime<Utc>) -> Result<Confirmacion, ErrorRepositorio> {
        lotes::confirmar(&self.pool, lote, actor, ahora).await
    }

    async fn tomar(&self, limite: i64) -> Result<Option<(Lote, Vec<IdSaga>)>, ErrorRepositorio> {
        lotes::tomar(&self.pool, limite).await
    }

    async fn soltar(&self, lote: Uuid) -> Result<(), ErrorRepositorio> {
        lotes::soltar(&self.pool, lote).await
    }
}

fn aplicado(avance: &Avance) -> Asiento {
    let resultado = Resultado::Aplicado { version: avance.estado.version };
    Asiento { saga: avance.saga.id, resultado, instante: avance.instante }
}

/// Writes the records that their batch does not have yet; which: saga -> record.
async fn insertar(
    con: &mut PgConnection,
    encargo: &Encargo,
    asientos: &[Asiento],
) -> Result<HashMap<Uuid, Uuid>, ErrorRepositorio> {
    let ids: Vec<Uuid> = asientos.iter().map(|_| contratos::id_nuevo()).collect();
    let sagas: Vec<Uuid> = asientos.iter().map(|asiento| asiento.saga.0).collect();
    let resultados: Vec<String> = asientos.iter().map(|asiento| asiento.resultado.nombre().to_owned()).collect();
    let codigos: Vec<Option<String>> =
        asientos.iter().map(|asiento| asiento.resultado.codigo().map(str::to_owned)).collect();
    let versiones: Vec<Option<i64>> = asientos.iter().map(|asiento| asiento.resultado.version()).collect();
    let instantes: Vec<DateTime<Utc>> = asientos.iter().map(|asiento| asiento.instante).collect();
    // Sorted, so that two processes with sagas in common wait for each other instead of deadlocking.
    let filas = sqlx::query!(
        "insert into mando (id, saga, resultado, codigo, version, instante, lote, inquilino, orden, actor, motivo)
         select id, saga, resultado, codigo, version, instante, $7, $8, $9, $10, $11
         from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::bigint[], $6::timestamptz[])
           as f (id, saga, resultado, codigo, version, instante)
         order by saga
         on conflict on constraint mando_una_vez_por_lote do nothing
         returning id, saga",
        &ids,
        &sagas,
        &resultados,
        &codigos as &[Option<String>],
        &versiones as &[Option<i64>],
        &instantes,
        encargo.lote,
        encargo.inquilino,
        serde_json::to_value(&encargo.orden).map_err(de_datos)?,
        encargo.actor,
        encargo.motivo.as_ref().map(saga::Codigo::as_str),
    )
    .fetch_all(con)
    .await
    .map_err(de_sql)?;
    Ok(filas.into_iter().map(|fila| (fila.saga, fila.id)).collect())
}

/// Takes back the records of transitions that lost.
async fn borrar(con: &mut PgConnection, ids: Vec<Uuid>) -> Result<(), ErrorRepositorio> {
    if !ids.is_empty() {
        sqlx::query!("delete from mando where id = any($1)", &ids).execute(con).await.map_err(de_sql)?;
    }
    Ok(())
}

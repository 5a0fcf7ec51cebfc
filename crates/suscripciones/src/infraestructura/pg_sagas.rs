use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use async_trait::async_trait;
use bandejas::Despachador;
use chrono::{DateTime, Utc};
use contratos::Saliente;
use serde_json::Value;
use sqlx::{PgConnection, PgPool, Postgres, Transaction};
use uuid::Uuid;

use super::arrendamientos::cercar;
use super::catalogo::CatalogoPg;
use super::compuerta::Compuerta;
use super::emisor::Emisor;
use super::errores::{de_datos, de_sql};
use super::filas::FilaSagaCompleta;
use super::pg_contrataciones;
use crate::aplicacion::puertos::{Avance, ErrorRepositorio, Guardado, RepositorioSagas, Saga};
use crate::aplicacion::{Tenencia, particion};
use crate::dominio::{IdSaga, IdSuscripcion};

/// Sagas in Postgres: a row that folds the log, and the log; the version is the fence.
pub struct SagasPg {
    pool: PgPool,
    despachador: Despachador,
    catalogo: Arc<CatalogoPg>,
    emisor: Arc<Emisor>,
    compuerta: Arc<Compuerta>,
}

impl SagasPg {
    pub fn nuevo(pool: PgPool, despachador: Despachador, catalogo: Arc<CatalogoPg>, emisor: Arc<Emisor>) -> Self {
        Self { pool, despachador, catalogo, emisor, compuerta: Arc::new(Compuerta::abierta()) }
    }

    /// Works only while the gate lets it.
    pub fn tras(self, compuerta: Arc<Compuerta>) -> Self {
        Self { compuerta, ..self }
    }

    async fn leer(&self, filas: Vec<FilaSagaCompleta>) -> Result<Vec<Saga>, ErrorRepositorio> {
        let mut sagas = Vec::with_capacity(filas.len());
        for fila in filas {
            let cargada = self.catalogo.version(&fila.definicion, fila.definicion_version.unsigned_abs()).await?;
            sagas.push(fila.leer(cargada.map(|cargada| cargada.definicion.clone())).map_err(de_datos)?);
        }
        Ok(sagas)
    }

    /// Writes and commits; the ids that won.
    async fn confirmar(
        &self,
        mut tx: Transaction<'_, Postgres>,
        avances: &[&Avance],
        tenencia: &Tenencia,
    ) -> Result<HashSet<Uuid>, ErrorRepositorio> {
        if avances.is_empty() {
            return Ok(HashSet::new());
        }
        let (escritas, salientes) = escribir(&mut tx, &self.emisor, avances, tenencia).await?;
        bandejas::confirmar(tx, &self.despachador, salientes).await.map_err(de_sql)?;
        Ok(escritas)
    }
}

fn guardados(avances: &[Avance], escritas: &HashSet<Uuid>) -> Vec<Guardado> {
    let guardado = |avance: &Avance| {
        if escritas.contains(&avance.saga.id.0) { Guardado::Escrito } else { Guardado::Conflicto }
    };
    avances.iter().map(guardado).collect()
}

fn contar_ajenos(cuantos: usize) {
    if cuantos > 0 {
        metrics::counter!("sagas_rechazos_de_cerca_total", "que" => "plazos").increment(cuantos as u64);
        tracing::warn!(cuantos, "deadlines were left to whoever holds their partitions now");
    }
}

#[async_trait]
impl RepositorioSagas for SagasPg {
    async fn obtener(&self, ids: &[IdSaga]) -> Result<Vec<Saga>, ErrorRepositorio> {
        let _paso = self.compuerta.pasar().await?;
        let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
        let filas = sqlx::query_as!(
            FilaSagaCompleta,
            "select id, definicion, definicion_version, id_suscripcion, inquilino, codigo_cliente, codigo_plan, traza, estado
             from saga where id = any($1)",
            &ids,
        )
        .fetch_all(&self.pool)
        .await
        .map_err(de_sql)?;
        self.leer(filas).await
    }

    async fn vencidas(
        &self,
        ahora: DateTime<Utc>,
        tenencia: &Tenencia,
        apartadas: &[IdSaga],
        limite: i64,
    ) -> Result<Vec<IdSaga>, ErrorRepositorio> {
        if !self.compuerta.deja_pasar() {
            return Ok(Vec::new());
        }
        let ids = sqlx::query_scalar!(
            "select id from saga
             where fase in ('avanzando', 'deshaciendo') and proximo_plazo <= $1
               and particion_saga(id) = any($2) and id <> all($3)
             order by proximo_plazo limit $4",
            ahora,
            &tenencia.particiones(),
            &apartadas.iter().map(|id| id.0).collect::<Vec<_>>(),
            limite,
        )
        .fetch_all(&self.pool)
        .await
        .map_err(de_sql)?;
        Ok(ids.into_iter().map(IdSaga).collect())
    }

    #[tracing::instrument(name = "db.sagas.guardar", skip_all, fields(avances = avances.len()))]
    async fn guardar(&self, avances: &[Avance]) -> Result<Vec<Guardado>, ErrorRepositorio> {
        let _paso = self.compuerta.pasar().await?;
        let tx = self.pool.begin().await.map_err(de_sql)?;
        let escritas = self.confirmar(tx, &avances.iter().collect::<Vec<_>>(), &Tenencia::default()).await?;
        Ok(guardados(avances, &escritas))
    }

    #[tracing::instrument(name = "db.sagas.guardar_vencidas", skip_all, fields(avances = avances.len()))]
    async fn guardar_vencidas(
        &self,
        avances: &[Avance],
        tenencia: &Tenencia,
    ) -> Result<Vec<Guardado>, ErrorRepositorio> {
        let _paso = self.compuerta.pasar().await?;
        let mut tx = self.pool.begin().await.map_err(de_sql)?;
        let particiones: Vec<i16> = avances.iter().map(|avance| particion(avance.saga.id)).collect();
        let vigente = cercar(&mut tx, &tenencia.solo(&particiones)).await?;
        let propios: Vec<&Avance> =
            avances.iter().filter(|avance| vigente.epoca(particion(avance.saga.id)).is_some()).collect();
        contar_ajenos(avances.len() - propios.len());
        let escritas = self.confirmar(tx, &propios, &vigente).await?;
        Ok(guardados(avances, &escritas))
    }
}

/// State, log and commands, for the sagas whose row still has the version that was read: which won, and what to send.
pub async fn escribir(
    con: &mut PgConnection,
    emisor: &Emisor,
    avances: &[&Avance],
    tenencia: &Tenencia,
) -> Result<(HashSet<Uuid>, Vec<Saliente>), ErrorRepositorio> {
    let escritas = actualizar(con, avances).await?;
    let ganadores: Vec<&Avance> =
        avances.iter().copied().filter(|avance| escritas.contains(&avance.saga.id.0)).collect();
    anotar(con, &ganadores, tenencia).await?;
    let acabadas = ganadores.iter().filter(|avance| avance.estado.fase.es_terminal());
    pg_contrataciones::soltar(con, &acabadas.map(|avance| avance.saga.suscripcion.0).collect::<Vec<_>>()).await?;
    let salientes = emisor.comandos(con, &ganadores).await?;
    Ok((escritas, salientes))
}

/// The columns that a transition writes.
struct Columnas {
    ids: Vec<Uuid>,
    fases: Vec<String>,
    atascadas: Vec<bool>,
    versiones: Vec<i64>,
    estados: Vec<Value>,
    plazos: Vec<Option<DateTime<Utc>>>,
    instantes: Vec<DateTime<Utc>>,
    /// The version of its flow that the saga runs from then on.
    definiciones: Vec<i32>,
}

impl Columnas {
    fn de<'a>(avances: impl Iterator<Item = &'a Avance> + Clone) -> Result<Self, ErrorRepositorio> {
        let fase = |avance: &Avance| {
            serde_json::to_value(avance.estado.fase).map(|fase| fase.as_str().unwrap_or_default().to_owned())
        };
        Ok(Self {
            ids: avances.clone().map(|avance| avance.saga.id.0).collect(),
            fases: avances.clone().map(fase).collect::<Result<_, _>>().map_err(de_datos)?,
            atascadas: avances.clone().map(|avance| avance.estado.atascada).collect(),
            versiones: avances.clone().map(|avance| avance.estado.version).collect(),
            estados: avances
                .clone()
                .map(|avance| serde_json::to_value(&avance.estado))
                .collect::<Result<_, _>>()
                .map_err(de_datos)?,
            plazos: avances
                .clone()
                .map(|avance| avance.estado.proximo_plazo().and_then(DateTime::from_timestamp_millis))
                .collect(),
            instantes: avances.clone().map(|avance| avance.instante).collect(),
            definiciones: avances.map(|avance| avance.saga.definicion.version().cast_signed()).collect(),
        })
    }
}

/// Which saga has each subscription for itself, and which of the named sagas have ended.
pub async fn situacion(
    con: &mut PgConnection,
    suscripciones: &[Uuid],
    sagas: &[IdSaga],
) -> Result<(HashMap<IdSuscripcion, IdSaga>, HashSet<IdSaga>), ErrorRepositorio> {
    let filas = sqlx::query!(
        r#"select id, id_suscripcion, true as "viva!" from saga
           where id_suscripcion = any($1) and fase in ('avanzando', 'deshaciendo')
           union all
           select id, id_suscripcion, false from saga
           where id = any($2) and fase not in ('avanzando', 'deshaciendo')"#,
        suscripciones,
        &sagas.iter().map(|id| id.0).collect::<Vec<_>>(),
    )
    .fetch_all(con)
    .await
    .map_err(de_sql)?;
    let (mut en_curso, mut terminadas) = (HashMap::new(), HashSet::new());
    for fila in filas {
        match (fila.viva, fila.id, fila.id_suscripcion) {
            (true, Some(saga), Some(suscripcion)) => {
                en_curso.insert(IdSuscripcion(suscripcion), IdSaga(saga));
            }
            (_, saga, _) => terminadas.extend(saga.map(IdSaga)),
        }
    }
    Ok((en_curso, terminadas))
}

/// Inserts new sagas with the log of their beginning; false if one of their subscriptions has a live saga already.
pub async fn insertar(con: &mut PgConnection, avances: &[&Avance]) -> Result<bool, ErrorRepositorio> {
    if avances.is_empty() {
        return Ok(true);
    }
    let columnas = Columnas::de(avances.iter().copied())?;
    let texto = |f: &dyn Fn(&Saga) -> String| avances.iter().map(|avance| f(&avance.saga)).collect::<Vec<_>>();
    let insertadas = sqlx::query_scalar!(
        "insert into saga (id, fase, atascada, version, estado, proximo_plazo, creada, actualizada,
                           definicion, definicion_version, id_suscripcion, inquilino, codigo_cliente, codigo_plan, traza)
         select id, fase, atascada, version, estado, plazo, instante, instante,
                definicion, definicion_version, suscripcion, inquilino, cliente, plan, traza
         from unnest($1::uuid[], $2::text[], $3::boolean[], $4::bigint[], $5::jsonb[], $6::timestamptz[], $7::timestamptz[],
                     $8::text[], $9::integer[], $10::uuid[], $11::text[], $12::text[], $13::text[], $14::text[])
           as f (id, fase, atascada, version, estado, plazo, instante,
                 definicion, definicion_version, suscripcion, inquilino, cliente, plan, traza)
         on conflict (id_suscripcion) where fase in ('avanzando', 'deshaciendo') do nothing
         returning id",
        &columnas.ids,
        &columnas.fases,
        &columnas.atascadas,
        &columnas.versiones,
        &columnas.estados,
        &columnas.plazos as &[Option<DateTime<Utc>>],
        &columnas.instantes,
        &texto(&|saga| saga.definicion.clave().to_owned()),
        &columnas.definiciones,
        &avances.iter().map(|avance| avance.saga.suscripcion.0).collect::<Vec<_>>(),
        &texto(&|saga| saga.cliente.inquilino.clone()),
        &texto(&|saga| saga.cliente.codigo.to_string()),
        &texto(&|saga| saga.plan.to_string()),
        &avances.iter().map(|avance| avance.saga.traza.clone()).collect::<Vec<_>>() as &[Option<String>],
    )
    .fetch_all(&mut *con)
    .await
    .map_err(de_sql)?;
    if insertadas.len() < avances.len() {
        return Ok(false);
    }
    anotar(con, avances, &Tenencia::default()).await?;
    Ok(true)
}

/// Writes the states whose row still has the version that was read; the ids that won.
async fn actualizar(con: &mut PgConnection, avances: &[&Avance]) -> Result<HashSet<Uuid>, ErrorRepositorio> {
    let columnas = Columnas::de(avances.iter().copied())?;
    let leidas: Vec<i64> = avances.iter().map(|avance| avance.saga.estado.version).collect();
    let escritas = sqlx::query_scalar!(
        "update saga s
         set fase = f.fase, atascada = f.atascada, version = f.version, estado = f.estado,
             proximo_plazo = f.plazo, actualizada = f.instante, definicion_version = f.definicion_version
         from unnest($1::uuid[], $2::text[], $3::boolean[], $4::bigint[], $5::jsonb[], $6::timestamptz[],
                     $7::timestamptz[], $8::bigint[], $9::integer[])
           as f (id, fase, atascada, version, estado, plazo, instante, leida, definicion_version)
         where s.id = f.id and s.version = f.leida
         returning s.id",
        &columnas.ids,
        &columnas.fases,
        &columnas.atascadas,
        &columnas.versiones,
        &columnas.estados,
        &columnas.plazos as &[Option<DateTime<Utc>>],
        &columnas.instantes,
        &leidas,
        &columnas.definiciones,
    )
    .fetch_all(con)
    .await
    .map_err(de_sql)?;
    Ok(escritas.into_iter().collect())
}

/// Appends the entries to the log; its key is the second fence. Those of a held partition tell its epoch.
async fn anotar(con: &mut PgConnection, avances: &[&Avance], tenencia: &Tenencia) -> Result<(), ErrorRepositorio> {
    let mut filas: (Vec<Uuid>, Vec<i64>, Vec<DateTime<Utc>>, Vec<Value>) = Default::default();
    let mut epocas: Vec<Option<i64>> = Vec::new();
    for avance in avances {
        let mut version = avance.saga.estado.version;
        for entrada in &avance.entradas {
            version += 1;
            filas.0.push(avance.saga.id.0);
            filas.1.push(version);
            filas.2.push(avance.instante);
            filas.3.push(serde_json::to_value(entrada).map_err(de_datos)?);
            epocas.push(tenencia.epoca(particion(avance.saga.id)));
        }
    }
    sqlx::query!(
        "insert into saga_log (saga, version, instante, entrada, epoca)
         select * from unnest($1::uuid[], $2::bigint[], $3::timestamptz[], $4::jsonb[], $5::bigint[])",
        &filas.0,
        &filas.1,
        &filas.2,
        &filas.3,
        &epocas as &[Option<i64>],
    )
    .execute(con)
    .await
    .map_err(de_sql)?;
    Ok(())
}

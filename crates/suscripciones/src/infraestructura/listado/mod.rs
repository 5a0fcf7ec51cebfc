//! The list of sagas: quick by any filter and any combination of them, however many sagas there are.

mod caminos;

use chrono::{DateTime, Utc};
use saga::{EstadoSaga, Fase};
use serde::Serialize;
use uuid::Uuid;

use super::consultas::Consultas;
use super::errores::{de_datos, de_sql};
use super::filas::FilaIncoherente;
use crate::aplicacion::FiltroSagas;
use crate::aplicacion::puertos::ErrorRepositorio;

/// How many of the newest sagas are looked through before the indexes are asked.
const RECIENTES: i64 = 1000;

/// A saga in a list.
#[derive(Serialize)]
pub struct FilaSaga {
    pub id: Uuid,
    pub definicion: String,
    pub definicion_version: i32,
    pub id_suscripcion: Uuid,
    pub codigo_cliente: String,
    pub codigo_plan: String,
    pub fase: String,
    pub atascada: bool,
    pub pausada: bool,
    /// The steps whose command waits for an answer.
    pub en_espera: Vec<String>,
    pub version: i64,
    pub creada: DateTime<Utc>,
    pub actualizada: DateTime<Utc>,
    #[serde(skip)]
    pub estado: EstadoSaga,
}

/// The filter and the page, as columns compare them.
struct Busqueda<'f> {
    inquilino: &'f str,
    filtro: &'f FiltroSagas,
    solo_vivas: bool,
    fase: Option<String>,
    cliente: Option<&'f str>,
    plan: Option<&'f str>,
    desde: Option<DateTime<Utc>>,
    /// Newest first, the page is what comes below this moment and id.
    antes_de: FinDePagina,
    limite: i64,
}

type FinDePagina = (Option<DateTime<Utc>>, Option<Uuid>);

impl<'f> Busqueda<'f> {
    fn nueva(
        inquilino: &'f str,
        filtro: &'f FiltroSagas,
        antes_de: FinDePagina,
        limite: i64,
    ) -> Result<Self, ErrorRepositorio> {
        Ok(Self {
            inquilino,
            filtro,
            solo_vivas: filtro.solo_vivas(),
            fase: filtro.fase.map(nombre_de_fase).transpose()?,
            cliente: filtro.cliente.as_ref().map(AsRef::as_ref),
            plan: filtro.plan.as_ref().map(AsRef::as_ref),
            desde: filtro.desde,
            antes_de,
            limite,
        })
    }
}

impl Consultas {
    /// Sagas of a tenant, newest first; `despues_de` is the last id of the page before.
    #[tracing::instrument(name = "db.sagas.listar", skip_all)]
    pub async fn sagas(
        &self,
        inquilino: &str,
        filtro: &FiltroSagas,
        despues_de: Option<Uuid>,
        limite: i64,
    ) -> Result<Vec<FilaSaga>, ErrorRepositorio> {
        let Some(antes_de) = self.fin_de_pagina(filtro, despues_de).await? else { return Ok(Vec::new()) };
        let busqueda = Busqueda::nueva(inquilino, filtro, antes_de, limite)?;
        let ids = self.buscar(&busqueda).await?;
        self.filas(inquilino, &ids).await
    }

    /// The newest live sagas that match.
    pub async fn vivas(
        &self,
        inquilino: &str,
        filtro: &FiltroSagas,
        limite: i64,
    ) -> Result<Vec<Uuid>, ErrorRepositorio> {
        let antes_de = filtro.hasta.map(|hasta| (hasta, Uuid::max())).unzip();
        let busqueda = Busqueda { solo_vivas: true, ..Busqueda::nueva(inquilino, filtro, antes_de, limite)? };
        self.buscar(&busqueda).await
    }

    pub async fn saga(&self, inquilino: &str, id: Uuid) -> Result<Option<FilaSaga>, ErrorRepositorio> {
        Ok(self.filas(inquilino, &[id]).await?.pop())
    }

    /// Each question goes the way whose cost does not depend on how many sagas it leaves out.
    async fn buscar(&self, busqueda: &Busqueda<'_>) -> Result<Vec<Uuid>, ErrorRepositorio> {
        let filtro = busqueda.filtro;
        if filtro.suscripcion.is_some() {
            return caminos::de_suscripcion(&self.pool, busqueda).await;
        }
        if busqueda.solo_vivas {
            return caminos::vivas(&self.pool, busqueda).await;
        }
        // The newest hold a page of anything common.
        let ventana = if filtro.solo_tiempo() { busqueda.limite } else { RECIENTES };
        let ids = caminos::recientes(&self.pool, busqueda, ventana).await?;
        if filtro.solo_tiempo() || ids.len() as i64 == busqueda.limite {
            return Ok(ids);
        }
        match busqueda.cliente {
            Some(cliente) => caminos::de_cliente(&self.pool, busqueda, cliente).await,
            None => caminos::por_plan(&self.pool, busqueda).await,
        }
    }

    /// What the page comes below; none when it follows a saga that is not there.
    async fn fin_de_pagina(
        &self,
        filtro: &FiltroSagas,
        despues_de: Option<Uuid>,
    ) -> Result<Option<FinDePagina>, ErrorRepositorio> {
        let hasta = filtro.hasta.map(|hasta| (hasta, Uuid::max()));
        let fin = match despues_de {
            None => hasta,
            Some(id) => {
                let creada = sqlx::query_scalar!("select creada from saga where id = $1", id);
                let Some(creada) = creada.fetch_optional(&self.pool).await.map_err(de_sql)? else { return Ok(None) };
                Some(hasta.map_or((creada, id), |hasta| hasta.min((creada, id))))
            }
        };
        Ok(Some(fin.unzip()))
    }

    async fn filas(&self, inquilino: &str, ids: &[Uuid]) -> Result<Vec<FilaSaga>, ErrorRepositorio> {
        let filas = sqlx::query!(
            "select id, definicion, definicion_version, id_suscripcion, codigo_cliente, codigo_plan, fase, atascada,
                    version, creada, actualizada, estado
             from saga where inquilino = $1 and id = any($2)
             order by creada desc, id desc",
            inquilino,
            ids,
        )
        .fetch_all(&self.pool)
        .await
        .map_err(de_sql)?;
        let mut leidas = Vec::with_capacity(filas.len());
        for fila in filas {
            let id = fila.id;
            let estado: EstadoSaga = serde_json::from_value(fila.estado)
                .map_err(|causa| de_datos(FilaIncoherente::EstadoSaga { id, causa }))?;
            leidas.push(FilaSaga {
                id,
                definicion: fila.definicion,
                definicion_version: fila.definicion_version,
                id_suscripcion: fila.id_suscripcion,
                codigo_cliente: fila.codigo_cliente,
                codigo_plan: fila.codigo_plan,
                fase: fila.fase,
                atascada: fila.atascada,
                pausada: estado.pausada,
                en_espera: estado.en_vuelo().map(|(paso, ..)| paso.to_owned()).collect(),
                version: fila.version,
                creada: fila.creada,
                actualizada: fila.actualizada,
                estado,
            });
        }
        Ok(leidas)
    }
}

fn nombre_de_fase(fase: Fase) -> Result<String, ErrorRepositorio> {
    let nombre = serde_json::to_value(fase).map_err(de_datos)?;
    Ok(nombre.as_str().unwrap_or_default().to_owned())
}

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use super::consultas::Consultas;
use super::errores::de_sql;
use crate::aplicacion::puertos::ErrorRepositorio;

/// One order to one saga, and what came of it.
#[derive(Serialize)]
pub struct FilaMando {
    pub id: Uuid,
    pub lote: Option<Uuid>,
    pub id_saga: Uuid,
    pub orden: Value,
    pub actor: String,
    pub motivo: Option<String>,
    /// `aplicado`, `rechazado` or `cambiada`.
    pub resultado: String,
    /// Why it was not carried out.
    pub codigo: Option<String>,
    /// The version of the saga's log that it is.
    pub version: Option<i64>,
    pub instante: DateTime<Utc>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FiltroMandos {
    pub saga: Option<Uuid>,
    pub lote: Option<Uuid>,
    pub actor: Option<String>,
    pub resultado: Option<String>,
}

/// A batch and how far it is.
#[derive(Serialize)]
pub struct FilaLote {
    pub id: Uuid,
    pub orden: Value,
    pub filtro: Value,
    pub actor: String,
    pub motivo: Option<String>,
    /// `propuesto`, `confirmado` (under way) or `terminado`.
    pub estado: String,
    pub total: i64,
    pub aplicados: i64,
    pub rechazados: i64,
    pub cambiadas: i64,
    pub pendientes: i64,
    pub creado: DateTime<Utc>,
    pub vence: DateTime<Utc>,
    pub confirmado: Option<DateTime<Utc>>,
    pub terminado: Option<DateTime<Utc>>,
}

impl Consultas {
    /// The orders of a tenant, newest first.
    pub async fn mandos(
        &self,
        inquilino: &str,
        filtro: &FiltroMandos,
        antes_de: Option<Uuid>,
        limite: i64,
    ) -> Result<Vec<FilaMando>, ErrorRepositorio> {
        sqlx::query_as!(
            FilaMando,
            "select id, lote, saga as id_saga, orden, actor, motivo, resultado, codigo, version, instante
             from mando
             where inquilino = $1
               and ($2::uuid is null or saga = $2)
               and ($3::uuid is null or lote = $3)
               and ($4::text is null or actor = $4)
               and ($5::text is null or resultado = $5)
               and ($6::uuid is null or id < $6)
             order by id desc limit $7",
            inquilino,
            filtro.saga,
            filtro.lote,
            filtro.actor,
            filtro.resultado,
            antes_de,
            limite,
        )
        .fetch_all(&self.pool)
        .await
        .map_err(de_sql)
    }

    pub async fn lote(&self, inquilino: &str, id: Uuid) -> Result<Option<FilaLote>, ErrorRepositorio> {
        sqlx::query_as!(
            FilaLote,
            r#"select l.id, l.orden, l.filtro, l.actor, l.motivo, l.estado, cardinality(l.sagas)::bigint as "total!",
                      m.aplicados as "aplicados!", m.rechazados as "rechazados!", m.cambiadas as "cambiadas!",
                      cardinality(l.sagas) - m.aplicados - m.rechazados - m.cambiadas as "pendientes!",
                      l.creado, l.vence, l.confirmado, l.terminado
               from lote as l cross join lateral (
                   select count(*) filter (where resultado = 'aplicado') as aplicados,
                          count(*) filter (where resultado = 'rechazado') as rechazados,
                          count(*) filter (where resultado = 'cambiada') as cambiadas
                   from mando where lote = l.id) as m
               where l.inquilino = $1 and l.id = $2"#,
            inquilino,
            id,
        )
        .fetch_optional(&self.pool)
        .await
        .map_err(de_sql)
    }
}

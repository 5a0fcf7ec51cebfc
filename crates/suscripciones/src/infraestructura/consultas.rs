use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::PgPool;
use uuid::Uuid;

use super::errores::de_sql;
use crate::aplicacion::puertos::ErrorRepositorio;

/// The read side: what screens and the other services ask for, straight from the tables.
pub struct Consultas {
    pub(super) pool: PgPool,
}

#[derive(Serialize)]
pub struct FilaSuscripcion {
    pub id: Uuid,
    pub codigo_cliente: String,
    pub codigo_plan: String,
    pub estado: String,
    pub motivo: Option<String>,
    pub version: i64,
    pub creada: DateTime<Utc>,
    pub actualizada: DateTime<Utc>,
    pub id_saga: Option<Uuid>,
    /// Its invoices, oldest first, as [`FilaFactura`] shows them.
    pub facturas: Value,
}

/// An invoice of a subscription.
#[derive(Serialize)]
pub struct FilaFactura {
    pub numero: String,
    pub codigo_plan: String,
    /// Decimal text with two places.
    pub monto: String,
    pub moneda: String,
    /// `pendiente`, `pagada` or `anulada`.
    pub estado: String,
    pub medio_pago: Option<String>,
    /// The saga that issued it, if one did.
    pub id_saga: Option<Uuid>,
    pub emitida: DateTime<Utc>,
    pub pagada: Option<DateTime<Utc>>,
}

#[derive(Default, Deserialize)]
pub struct FiltroSuscripciones {
    pub codigo_cliente: Option<String>,
    pub codigo_plan: Option<String>,
    pub estado: Option<String>,
}

/// One entry of a saga's log.
#[derive(Serialize)]
pub struct Transicion {
    pub version: i64,
    pub instante: DateTime<Utc>,
    pub entrada: Value,
}

/// What this service's ledger says of a subscription, for the comparison with the other services.
#[derive(Serialize)]
pub struct Libro {
    pub id_suscripcion: Uuid,
    pub estado: String,
    pub pagos: i64,
    pub fase: Option<String>,
}

impl Consultas {
    pub fn nuevas(pool: PgPool) -> Self {
        Self { pool }
    }

    /// Subscriptions of a tenant, newest first; `despues_de` is the last id of the page before.
    pub async fn suscripciones(
        &self,
        inquilino: &str,
        filtro: &FiltroSuscripciones,
        despues_de: Option<Uuid>,
        limite: i64,
    ) -> Result<Vec<FilaSuscripcion>, ErrorRepositorio> {
        sqlx::query_as!(
            FilaSuscripcion,
            r#"select s.id, s.codigo_cliente, s.codigo_plan, s.estado, s.motivo, s.version, s.creada, s.actualizada,
                      (select g.id from saga g where g.id_suscripcion = s.id order by g.creada limit 1) as id_saga,
                      '[]'::jsonb as "facturas!"
               from suscripcion s
               where s.inquilino = $1
                 and ($2::text is null or s.codigo_cliente = $2)
                 and ($3::text is null or s.codigo_plan = lower($3))
                 and ($4::text is null or s.estado = $4)
                 and ($5::uuid is null or (s.creada, s.id) < (select c.creada, c.id from suscripcion c where c.id = $5))
               order by s.creada desc, s.id desc limit $6"#,
            inquilino,
            filtro.codigo_cliente,
            filtro.codigo_plan,
            filtro.estado,
            despues_de,
            limite,
        )
        .fetch_all(&self.pool)
        .await
        .map_err(de_sql)
    }

    /// One subscription with its saga and its invoices.
    pub async fn suscripcion(&self, inquilino: &str, id: Uuid) -> Result<Option<FilaSuscripcion>, ErrorRepositorio> {
        sqlx::query_as!(
            FilaSuscripcion,
            r#"select s.id, s.codigo_cliente, s.codigo_plan, s.estado, s.motivo, s.version, s.creada, s.actualizada,
                      (select g.id from saga g where g.id_suscripcion = s.id order by g.creada limit 1) as id_saga,
                      coalesce((select jsonb_agg(jsonb_build_object(
                          'numero', f.numero, 'codigo_plan', f.codigo_plan,
                          'monto', to_char(f.monto_centavos / 100.0, 'FM999999999999999990.00'), 'moneda', f.moneda,
                          'estado', f.estado, 'medio_pago', f.medio_pago, 'id_saga', f.saga,
                          'emitida', f.emitida, 'pagada', f.pagada) order by f.emitida, f.numero)
                        from factura f where f.id_suscripcion = s.id), '[]'::jsonb) as "facturas!"
               from suscripcion s where s.inquilino = $1 and s.id = $2"#,
            inquilino,
            id,
        )
        .fetch_optional(&self.pool)
        .await
        .map_err(de_sql)
    }

    /// The invoices of a subscription, oldest first; none when there is no such subscription.
    pub async fn facturas(&self, inquilino: &str, id: Uuid) -> Result<Option<Vec<FilaFactura>>, ErrorRepositorio> {
        let existe = sqlx::query_scalar!("select id from suscripcion where inquilino = $1 and id = $2", inquilino, id);
        if existe.fetch_optional(&self.pool).await.map_err(de_sql)?.is_none() {
            return Ok(None);
        }
        sqlx::query_as!(
            FilaFactura,
            r#"select numero, codigo_plan, to_char(monto_centavos / 100.0, 'FM999999999999999990.00') as "monto!", moneda,
                      estado, medio_pago, saga as id_saga, emitida, pagada
               from factura where id_suscripcion = $1 order by emitida, numero"#,
            id,
        )
        .fetch_all(&self.pool)
        .await
        .map(Some)
        .map_err(de_sql)
    }

    /// The log of a saga after a version, oldest first.
    pub async fn transiciones(&self, saga: Uuid, desde: i64) -> Result<Vec<Transicion>, ErrorRepositorio> {
        sqlx::query_as!(
            Transicion,
            "select version, instante, entrada from saga_log where saga = $1 and version > $2 order by version",
            saga,
            desde,
        )
        .fetch_all(&self.pool)
        .await
        .map_err(de_sql)
    }

    /// The stored effect of a command: its request's digest and its answer.
    pub async fn efecto(&self, comando: Uuid) -> Result<Option<bandejas::efecto::Efecto>, ErrorRepositorio> {
        let mut con = self.pool.acquire().await.map_err(de_sql)?;
        let mut efectos = bandejas::efecto::buscar(&mut con, &[comando]).await.map_err(de_sql)?;
        Ok(efectos.remove(&comando))
    }

    /// The ledger of the named subscriptions.
    pub async fn libro(&self, ids: &[Uuid]) -> Result<Vec<Libro>, ErrorRepositorio> {
        sqlx::query_as!(
            Libro,
            r#"select s.id as id_suscripcion, s.estado,
                      (select count(*) from factura f where f.id_suscripcion = s.id and f.estado = 'pagada') as "pagos!",
                      (select g.fase from saga g where g.id_suscripcion = s.id order by g.creada limit 1) as fase
               from suscripcion s where s.id = any($1)"#,
            ids,
        )
        .fetch_all(&self.pool)
        .await
        .map_err(de_sql)
    }
}

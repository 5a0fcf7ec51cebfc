use super::efectos;
use super::errores::{de_base, incoherente};
use super::pg_filas::FilaServicio;
use crate::aplicacion::{Asiento, Consultas, ErrorRepositorio, Ficha, Filtro, Operacion};
use crate::dominio::{CodigoCliente, Estado, IdServicioDatos, IdSuscripcion};
use async_trait::async_trait;
use bandejas::efecto;
use sqlx::PgPool;
use uuid::Uuid;

/// Questions about data services, answered by Postgres.
pub struct PgConsultas {
    pool: PgPool,
}

impl PgConsultas {
    pub fn nuevo(pool: PgPool) -> Self {
        Self { pool }
    }
}

#[async_trait]
impl Consultas for PgConsultas {
    #[tracing::instrument(name = "db.consultas.listar", skip_all)]
    async fn listar(
        &self,
        filtro: &Filtro,
        desde: Option<IdServicioDatos>,
        limite: i64,
    ) -> Result<Vec<Ficha>, ErrorRepositorio> {
        let filas = sqlx::query_as!(
            FilaServicio,
            "select * from servicio_datos
             where ($1::uuid is null or id_suscripcion = $1)
               and ($2::text is null or codigo_cliente = $2)
               and ($3::text is null or estado = $3)
               and ($4::uuid is null or (creado, id) < (select creado, id from servicio_datos where id = $4))
             order by creado desc, id desc limit $5",
            filtro.suscripcion.map(|id| id.0),
            filtro.cliente.as_ref().map(CodigoCliente::as_str),
            filtro.estado.map(Estado::nombre),
            desde.map(|id| id.0),
            limite,
        )
        .fetch_all(&self.pool)
        .await
        .map_err(de_base)?;
        filas.into_iter().map(Ficha::try_from).collect()
    }

    #[tracing::instrument(name = "db.consultas.buscar", skip_all)]
    async fn buscar(&self, id: IdServicioDatos) -> Result<Option<Ficha>, ErrorRepositorio> {
        let fila = sqlx::query_as!(FilaServicio, "select * from servicio_datos where id = $1", id.0)
            .fetch_optional(&self.pool)
            .await
            .map_err(de_base)?;
        fila.map(Ficha::try_from).transpose()
    }

    #[tracing::instrument(name = "db.consultas.libro", skip_all, fields(suscripciones = suscripciones.len()))]
    async fn libro(&self, suscripciones: &[IdSuscripcion]) -> Result<Vec<Asiento>, ErrorRepositorio> {
        let ids: Vec<Uuid> = suscripciones.iter().map(|id| id.0).collect();
        let filas = sqlx::query!(
            r#"select id, id_suscripcion, estado,
                   exists (select from cupo where recurso = 'nube' and ocupado_por = s.id) as "nube!",
                   exists (select from cupo where recurso = 'experto' and ocupado_por = s.id) as "experto!"
               from servicio_datos s where id_suscripcion = any($1) order by id"#,
            &ids,
        )
        .fetch_all(&self.pool)
        .await
        .map_err(de_base)?;
        let asientos = filas.into_iter().map(|fila| {
            Ok(Asiento {
                id: IdServicioDatos(fila.id),
                suscripcion: IdSuscripcion(fila.id_suscripcion),
                estado: Estado::try_from(fila.estado.as_str()).map_err(incoherente("servicio_datos", fila.id))?,
                nube_ocupada: fila.nube,
                experto_ocupado: fila.experto,
            })
        });
        asientos.collect()
    }

    #[tracing::instrument(name = "db.consultas.operacion", skip_all)]
    async fn operacion(&self, tipo: &str, id: Uuid) -> Result<Option<Operacion>, ErrorRepositorio> {
        let mut con = self.pool.acquire().await.map_err(de_base)?;
        let efecto = efecto::buscar(&mut con, &[id]).await.map_err(de_base)?.remove(&id);
        efecto.filter(|efecto| efecto.tipo == tipo).map(efectos::a_operacion).transpose()
    }
}

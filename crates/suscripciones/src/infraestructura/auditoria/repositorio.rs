use std::sync::Arc;

use async_trait::async_trait;
use sqlx::PgPool;
use uuid::Uuid;

use super::{avance, expedientes, hallazgos};
use crate::aplicacion::auditoria::Expediente;
use crate::aplicacion::auditoria::puertos::{Balance, Barrida, Juicio, RepositorioAuditoria, Tramo};
use crate::aplicacion::puertos::ErrorRepositorio;
use crate::dominio::IdSuscripcion;
use crate::infraestructura::catalogo::CatalogoPg;

/// The audit in Postgres.
pub struct AuditoriaPg {
    pool: PgPool,
    catalogo: Arc<CatalogoPg>,
    /// Tells this process from the others that may audit.
    instancia: Uuid,
}

impl AuditoriaPg {
    pub fn nueva(pool: PgPool, catalogo: Arc<CatalogoPg>) -> Self {
        Self { pool, catalogo, instancia: contratos::id_nuevo() }
    }
}

#[async_trait]
impl RepositorioAuditoria for AuditoriaPg {
    async fn tomar_turno(&self) -> Result<bool, ErrorRepositorio> {
        avance::tomar_turno(&self.pool, self.instancia).await
    }

    async fn tramo(&self) -> Result<Tramo, ErrorRepositorio> {
        avance::tramo(&self.pool).await
    }

    async fn pasar_tramo(&self, tramo: &Tramo) -> Result<(), ErrorRepositorio> {
        avance::pasar_tramo(&self.pool, self.instancia, tramo).await
    }

    async fn barrida(&self) -> Result<Option<Barrida>, ErrorRepositorio> {
        avance::barrida(&self.pool).await
    }

    async fn pasar_barrida(&self, barrida: &Barrida) -> Result<(), ErrorRepositorio> {
        avance::pasar_barrida(&self.pool, self.instancia, barrida).await?;
        if barrida.ultima {
            hallazgos::purgar(&self.pool).await?;
        }
        Ok(())
    }

    async fn por_confirmar(&self) -> Result<Vec<IdSuscripcion>, ErrorRepositorio> {
        hallazgos::por_confirmar(&self.pool).await
    }

    #[tracing::instrument(name = "db.auditoria.expedientes", skip_all, fields(suscripciones = ids.len()))]
    async fn expedientes(&self, ids: &[IdSuscripcion]) -> Result<Vec<Expediente>, ErrorRepositorio> {
        expedientes::leer(&self.pool, &self.catalogo, ids).await
    }

    async fn anotar(&self, juicio: &Juicio) -> Result<(), ErrorRepositorio> {
        hallazgos::anotar(&self.pool, juicio).await
    }

    async fn balance(&self) -> Result<Balance, ErrorRepositorio> {
        hallazgos::balance(&self.pool).await
    }
}

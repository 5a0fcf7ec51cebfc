//! Subscriptions, plans and the saga orchestrator.

pub mod api;
pub mod aplicacion;
mod composicion;
pub mod dominio;
pub mod infraestructura;

pub use composicion::{AJUSTES, Ajustes, componer, ordenar};
pub use infraestructura::{DEMORA, SERVICIO};

/// The migrations of this service's own tables.
static MIGRADOR: sqlx::migrate::Migrator = sqlx::migrate!();

/// Brings a database up to date: the outbox's tables and this service's own.
pub async fn migrar(pool: &sqlx::PgPool) -> Result<(), sqlx::migrate::MigrateError> {
    bandejas::migrar(pool).await?;
    MIGRADOR.run(pool).await
}

//! Data services: which data set runs on which cloud, for whom and with which expert.

pub mod api;
pub mod aplicacion;
pub mod composicion;
pub mod dominio;
pub mod infraestructura;

use sqlx::PgPool;
use sqlx::migrate::{MigrateError, Migrator};

/// The defaults of every setting.
pub const AJUSTES: &str = include_str!("../config/default.toml");

static MIGRADOR: Migrator = sqlx::migrate!();

/// Brings a database up to date: the tables of the outbox, then this service's own.
pub async fn migrar(pool: &PgPool) -> Result<(), MigrateError> {
    bandejas::migrar(pool).await?;
    MIGRADOR.run(pool).await
}

#![doc = include_str!("../README.md")]

pub mod api;
pub mod aplicacion;
pub mod composicion;
pub mod dominio;
pub mod infraestructura;

pub use composicion::componer;
pub use infraestructura::{Ajustes, SERVICIO};

/// The defaults of every setting.
pub const AJUSTES: &str = include_str!("../config/default.toml");

static MIGRADOR: sqlx::migrate::Migrator = sqlx::migrate!();

/// Brings the database of the service up to date, schema `bandejas` included.
pub async fn migrar(pool: &sqlx::PgPool) -> Result<(), sqlx::migrate::MigrateError> {
    bandejas::migrar(pool).await?;
    MIGRADOR.run(pool).await
}

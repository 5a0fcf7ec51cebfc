//! Event-sourced notifications by e-mail: one mail per outcome of a subscription.

pub mod api;
pub mod aplicacion;
pub mod composicion;
pub mod dominio;
pub mod infraestructura;

/// The migrations of this service's own tables.
pub static MIGRADOR: sqlx::migrate::Migrator = sqlx::migrate!();

/// Brings the database up to date: the boxes, then this service's own tables.
pub async fn migrar(pool: &sqlx::PgPool) -> Result<(), sqlx::migrate::MigrateError> {
    bandejas::migrar(pool).await?;
    MIGRADOR.run(pool).await
}

#![doc = include_str!("../README.md")]

mod cartas;
mod clasificar;
mod confirmacion;
mod despachador;
pub mod efecto;
pub mod outbox;

pub use cartas::CartasMuertas;
pub use clasificar::{ErrorDatos, clasificar};
pub use confirmacion::confirmar;
pub use despachador::Despachador;

/// The migrations of schema `bandejas`, recorded in their own table so that they live next to a service's own.
pub static MIGRADOR: sqlx::migrate::Migrator = sqlx::migrate!();

/// Brings schema `bandejas` up to date; every service runs it before its own migrations.
pub async fn migrar(pool: &sqlx::PgPool) -> Result<(), sqlx::migrate::MigrateError> {
    MIGRADOR.run(pool).await
}

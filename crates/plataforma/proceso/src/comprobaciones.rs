use async_trait::async_trait;
use mensajeria::Mensajeria;
use servidor::Comprobacion;
use sqlx::PgPool;

/// The database answers.
pub struct Almacen(pub PgPool);

#[async_trait]
impl Comprobacion for Almacen {
    fn nombre(&self) -> &'static str {
        "postgres"
    }

    async fn comprobar(&self) -> Result<(), String> {
        sqlx::query("select 1")
            .execute(&self.0)
            .await
            .map(|_| ())
            .map_err(|_| "the database does not answer".to_owned())
    }
}

/// The broker takes messages and every subscription is open.
pub struct Broker(pub Mensajeria);

#[async_trait]
impl Comprobacion for Broker {
    fn nombre(&self) -> &'static str {
        "pulsar"
    }

    async fn comprobar(&self) -> Result<(), String> {
        self.0.comprobar().await.map_err(|error| error.to_string())
    }
}

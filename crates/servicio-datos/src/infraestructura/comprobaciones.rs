use async_trait::async_trait;
use mensajeria::Mensajeria;
use servidor::Comprobacion;
use sqlx::PgPool;

/// Whether the database answers.
pub struct ComprobacionPostgres(pub PgPool);

#[async_trait]
impl Comprobacion for ComprobacionPostgres {
    fn nombre(&self) -> &'static str {
        "postgres"
    }

    async fn comprobar(&self) -> Result<(), String> {
        match sqlx::query("select 1").execute(&self.0).await {
            Ok(_) => Ok(()),
            Err(error) => {
                tracing::warn!(%error, "the database does not answer");
                Err("no answer".to_owned())
            }
        }
    }
}

/// Whether commands arrive and answers leave.
pub struct ComprobacionMensajeria(pub Mensajeria);

#[async_trait]
impl Comprobacion for ComprobacionMensajeria {
    fn nombre(&self) -> &'static str {
        "pulsar"
    }

    async fn comprobar(&self) -> Result<(), String> {
        self.0.comprobar().await.map_err(|error| error.to_string())
    }
}

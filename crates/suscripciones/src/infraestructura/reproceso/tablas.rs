use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use sqlx::{Connection, PgConnection, PgPool};
use tokio::sync::Mutex;
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use super::{almacen, banco, comparacion, drenaje, moldes, pausa, perdidas, reconstruccion};
use crate::aplicacion::puertos::Avance;
use crate::aplicacion::reproceso::Comparacion;
use crate::aplicacion::reproceso::puertos::{
    Anotadas, ErrorReproceso, EstadoPublicado, Historia, Perdidas, Rehecho, SagaPlegada, TablasSagas,
    TransicionPublicada,
};
use crate::dominio::IdSaga;
use crate::infraestructura::catalogo::CatalogoPg;
use crate::infraestructura::pg_sagas;

/// Keeps two reprocessings apart; any number that nobody else uses.
const CERROJO: i64 = 0x5a6a_7e90;
/// How long the outbox may take to empty.
const PLAZO_DE_ENVIO: Duration = Duration::from_secs(60);
/// How long the participants have to carry out what has just been sent.
const CALMA: Duration = Duration::from_secs(2);
const RITMO: Duration = Duration::from_millis(200);

/// The tables of sagas in Postgres, with the bench in schema `reproceso`.
pub struct TablasSagasPg {
    pool: PgPool,
    catalogo: Arc<CatalogoPg>,
    /// The session that holds the lock: out of the pool, so that it ends with this process at the latest.
    turno: Mutex<Option<PgConnection>>,
    /// What had been written when publication had come that far.
    foto: Mutex<Option<String>>,
}

impl TablasSagasPg {
    pub fn nuevas(pool: PgPool, catalogo: Arc<CatalogoPg>) -> Self {
        Self { pool, catalogo, turno: Mutex::default(), foto: Mutex::default() }
    }

    async fn foto(&self) -> Option<String> {
        self.foto.lock().await.clone()
    }
}

#[async_trait]
impl TablasSagas for TablasSagasPg {
    async fn tomar_turno(&self) -> Result<bool, ErrorReproceso> {
        let mut con = self.pool.acquire().await.map_err(almacen)?.detach();
        let tomado = sqlx::query_scalar!(r#"select pg_try_advisory_lock($1) as "tomado!""#, CERROJO)
            .fetch_one(&mut con)
            .await
            .map_err(almacen)?;
        *self.turno.lock().await = tomado.then_some(con);
        Ok(tomado)
    }

    async fn soltar_turno(&self) -> Result<(), ErrorReproceso> {
        match self.turno.lock().await.take() {
            Some(mut con) => {
                // Closing alone gives the lock back only once the server has noticed.
                sqlx::query!("select pg_advisory_unlock($1)", CERROJO).fetch_one(&mut con).await.map_err(almacen)?;
                con.close().await.map_err(almacen)
            }
            None => Ok(()),
        }
    }

    async fn pausar(&self) -> Result<bool, ErrorReproceso> {
        pausa::detener(&self.pool, pausa::REPROCESO).await
    }

    async fn reanudar(&self) -> Result<(), ErrorReproceso> {
        pausa::reanudar(&self.pool).await?;
        Ok(())
    }

    async fn asegurar(&self) -> Result<(), ErrorReproceso> {
        moldes::asegurar(&self.pool).await
    }

    async fn drenar(&self) -> Result<(), ErrorReproceso> {
        *self.foto.lock().await =
            if moldes::estan(&self.pool).await? { Some(drenaje::drenar(&self.pool).await?) } else { None };
        Ok(())
    }

    async fn vaciar_banco(&self) -> Result<(), ErrorReproceso> {
        banco::vaciar(&self.pool).await
    }

    async fn anotar(&self, transiciones: &[TransicionPublicada]) -> Result<Anotadas, ErrorReproceso> {
        banco::anotar(&self.pool, transiciones).await
    }

    async fn anotar_estados(&self, estados: &[EstadoPublicado]) -> Result<(), ErrorReproceso> {
        banco::anotar_estados(&self.pool, estados).await
    }

    async fn historias(&self, despues_de: Option<IdSaga>) -> Result<Vec<Historia>, ErrorReproceso> {
        banco::historias(&self.pool, despues_de).await
    }

    async fn guardar_plegadas(&self, plegadas: &[SagaPlegada]) -> Result<(), ErrorReproceso> {
        banco::guardar_plegadas(&self.pool, plegadas).await
    }

    async fn comparar(&self, una: Option<IdSaga>) -> Result<Comparacion, ErrorReproceso> {
        match self.foto().await {
            Some(foto) => comparacion::comparar(&self.pool, &foto, una.map(|saga| saga.0)).await,
            None => comparacion::sin_tablas(&self.pool).await,
        }
    }

    async fn rehacer(&self, distintas: &[IdSaga], una: Option<IdSaga>) -> Result<Rehecho, ErrorReproceso> {
        let foto = self.foto().await.unwrap_or_default();
        reconstruccion::rehacer(&self.pool, &foto, distintas, una.map(|saga| saga.0)).await
    }

    async fn perdidas(&self) -> Result<Perdidas, ErrorReproceso> {
        perdidas::buscar(&self.pool, &self.catalogo).await
    }

    async fn renacer(&self, avances: &[Avance]) -> Result<(), ErrorReproceso> {
        let mut tx = self.pool.begin().await.map_err(almacen)?;
        pg_sagas::insertar(&mut tx, &avances.iter().collect::<Vec<_>>()).await?;
        let vivas = avances.iter().filter(|avance| !avance.estado.fase.es_terminal());
        sqlx::query!(
            "insert into reproceso.restaurada (saga) select * from unnest($1::uuid[]) on conflict do nothing",
            &vivas.map(|avance| avance.saga.id.0).collect::<Vec<_>>(),
        )
        .execute(&mut *tx)
        .await
        .map_err(almacen)?;
        tx.commit().await.map_err(almacen)
    }

    async fn por_restaurar(&self) -> Result<Vec<IdSaga>, ErrorReproceso> {
        let ids = sqlx::query_scalar!("select saga from reproceso.restaurada order by saga")
            .fetch_all(&self.pool)
            .await
            .map_err(almacen)?;
        Ok(ids.into_iter().map(IdSaga).collect())
    }

    async fn restauradas(&self, sagas: &[IdSaga]) -> Result<(), ErrorReproceso> {
        let ids: Vec<Uuid> = sagas.iter().map(|saga| saga.0).collect();
        sqlx::query!("delete from reproceso.restaurada where saga = any($1)", &ids)
            .execute(&self.pool)
            .await
            .map_err(almacen)?;
        Ok(())
    }

    async fn ejecutados(&self, comandos: &[Uuid]) -> Result<HashSet<Uuid>, ErrorReproceso> {
        let mut con = self.pool.acquire().await.map_err(almacen)?;
        Ok(bandejas::efecto::buscar(&mut con, comandos).await.map_err(almacen)?.into_keys().collect())
    }

    async fn esperar_envios(&self) -> Result<(), ErrorReproceso> {
        let limite = Instant::now() + PLAZO_DE_ENVIO;
        loop {
            let quedan = bandejas::outbox::pendientes(&self.pool).await.map_err(almacen)?;
            if quedan == 0 {
                sleep(CALMA).await;
                return Ok(());
            }
            if Instant::now() > limite {
                return Err(ErrorReproceso::SinEnviar(quedan));
            }
            sleep(RITMO).await;
        }
    }
}

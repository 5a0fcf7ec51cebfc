use super::errores::de_base;
use super::{pg_datasets, pg_expertos, pg_nubes};
use crate::aplicacion::{ConCupos, ErrorRepositorio, FichaExperto, FichaNube, RepositorioCatalogo, Semilla};
use crate::dominio::{CodigoExperto, Dataset, Experto, Nube, Ocupacion, Persona};
use async_trait::async_trait;
use cifrado::Cifrador;
use sqlx::pool::PoolConnection;
use sqlx::{PgConnection, PgPool, Postgres, Transaction};
use std::sync::Arc;

/// The catalogue in Postgres; who the experts are is encrypted with a key per person.
pub struct PgCatalogo {
    pool: PgPool,
    cifrador: Arc<Cifrador>,
}

impl PgCatalogo {
    pub fn nuevo(pool: PgPool, cifrador: Arc<Cifrador>) -> Self {
        Self { pool, cifrador }
    }

    async fn conexion(&self) -> Result<PoolConnection<Postgres>, ErrorRepositorio> {
        self.pool.acquire().await.map_err(de_base)
    }

    async fn transaccion(&self) -> Result<Transaction<'static, Postgres>, ErrorRepositorio> {
        self.pool.begin().await.map_err(de_base)
    }
}

#[async_trait]
impl RepositorioCatalogo for PgCatalogo {
    async fn nubes(&self) -> Result<Vec<FichaNube>, ErrorRepositorio> {
        pg_nubes::listar(&mut *self.conexion().await?).await
    }

    async fn datasets(&self) -> Result<Vec<Dataset>, ErrorRepositorio> {
        pg_datasets::listar(&mut *self.conexion().await?).await
    }

    async fn expertos(&self) -> Result<Vec<FichaExperto>, ErrorRepositorio> {
        pg_expertos::listar(&mut *self.conexion().await?).await
    }

    async fn persona(&self, codigo: &CodigoExperto) -> Result<Option<Persona>, ErrorRepositorio> {
        pg_expertos::persona(&mut *self.conexion().await?, &self.cifrador, codigo).await
    }

    #[tracing::instrument(name = "db.catalogo.poner_nubes", skip_all, fields(nubes = nubes.len()))]
    async fn poner_nubes(&self, nubes: &[ConCupos<Nube>]) -> Result<Vec<Ocupacion>, ErrorRepositorio> {
        let mut tx = self.transaccion().await?;
        let ocupacion = pg_nubes::poner(&mut tx, nubes).await?;
        tx.commit().await.map_err(de_base)?;
        Ok(ocupacion)
    }

    #[tracing::instrument(name = "db.catalogo.poner_datasets", skip_all, fields(datasets = datasets.len()))]
    async fn poner_datasets(&self, datasets: &[Dataset]) -> Result<(), ErrorRepositorio> {
        pg_datasets::poner(&mut *self.conexion().await?, datasets).await
    }

    #[tracing::instrument(name = "db.catalogo.poner_expertos", skip_all, fields(expertos = expertos.len()))]
    async fn poner_expertos(&self, expertos: &[ConCupos<Experto>]) -> Result<Vec<Ocupacion>, ErrorRepositorio> {
        let mut tx = self.transaccion().await?;
        let ocupacion = pg_expertos::poner(&mut tx, &self.cifrador, expertos).await?;
        tx.commit().await.map_err(de_base)?;
        Ok(ocupacion)
    }

    #[tracing::instrument(name = "db.catalogo.olvidar", skip_all)]
    async fn olvidar(&self, codigo: &CodigoExperto) -> Result<bool, ErrorRepositorio> {
        let mut tx = self.transaccion().await?;
        let estaba = pg_expertos::olvidar(&mut tx, codigo).await?;
        tx.commit().await.map_err(de_base)?;
        Ok(estaba)
    }

    #[tracing::instrument(name = "db.catalogo.sembrar", skip_all)]
    async fn sembrar(&self, semilla: &Semilla) -> Result<(), ErrorRepositorio> {
        let mut tx = self.transaccion().await?;
        let Semilla { nubes, datasets, expertos } = sin_las_que_hay(&mut tx, semilla).await?;
        pg_nubes::poner(&mut tx, &nubes).await?;
        pg_datasets::poner(&mut tx, &datasets).await?;
        pg_expertos::poner(&mut tx, &self.cifrador, &expertos).await?;
        tx.commit().await.map_err(de_base)
    }
}

/// What an operator changed or emptied stays as it is, although the seed says otherwise.
async fn sin_las_que_hay(con: &mut PgConnection, semilla: &Semilla) -> Result<Semilla, ErrorRepositorio> {
    let Semilla { mut nubes, mut datasets, mut expertos } = semilla.clone();
    let hay = pg_nubes::listar(&mut *con).await?;
    nubes.retain(|nube| hay.iter().all(|ficha| ficha.nube.codigo != nube.de.codigo));
    let hay = pg_datasets::listar(&mut *con).await?;
    datasets.retain(|dataset| hay.iter().all(|este| este.codigo != dataset.codigo));
    let hay = pg_expertos::listar(con).await?;
    expertos.retain(|experto| hay.iter().all(|ficha| ficha.codigo != *experto.de.codigo()));
    Ok(Semilla { nubes, datasets, expertos })
}

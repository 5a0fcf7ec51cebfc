//! Where ports meet adapters.

use crate::api::{self, Puertas};
use crate::aplicacion::{AtenderOrdenes, ErrorRepositorio, RepositorioCatalogo};
use crate::infraestructura::{
    ErrorSemilla, GRUPO, ManejadorOrdenes, PUBLICADOS, PgCatalogo, PgConsultas, PgServicios, semilla, tipos_de_ordenes,
};
use axum::Router;
use bandejas::Despachador;
use mensajeria::Manejador;
use proceso::Base;
use sqlx::PgPool;
use std::sync::Arc;

/// Why the service cannot start.
#[derive(Debug, thiserror::Error)]
pub enum ErrorComposicion {
    #[error(transparent)]
    Semilla(#[from] ErrorSemilla),
    #[error("the catalogue cannot be seeded")]
    Siembra(#[from] ErrorRepositorio),
}

/// Seeds the catalogue, starts the consumer and gives the routes.
pub async fn componer(base: &mut Base) -> Result<Router, ErrorComposicion> {
    let catalogo = Arc::new(PgCatalogo::nuevo(base.pool.clone(), base.cifrador.clone()));
    catalogo.sembrar(&semilla()?).await?;
    base.publicar(&PUBLICADOS);
    base.consumir(GRUPO, &tipos_de_ordenes(), manejador(base.pool.clone(), base.despachador.clone()));
    let consultas = Arc::new(PgConsultas::nuevo(base.pool.clone()));
    Ok(api::rutas(Puertas { consultas, catalogo }))
}

/// What carries out the commands of a batch.
pub fn manejador(pool: PgPool, despachador: Despachador) -> Arc<dyn Manejador> {
    let repositorio = Arc::new(PgServicios::nuevo(pool, despachador));
    Arc::new(ManejadorOrdenes::nuevo(AtenderOrdenes::nuevo(repositorio)))
}

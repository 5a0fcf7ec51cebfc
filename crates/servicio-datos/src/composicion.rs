//! Where ports meet adapters.

use crate::api::{self, Puertas};
use crate::aplicacion::{AtenderOrdenes, ErrorRepositorio, RepositorioCatalogo};
use crate::infraestructura::{
    ComprobacionMensajeria, ComprobacionPostgres, ErrorSemilla, GRUPO, ManejadorOrdenes, PgCatalogo, PgConsultas,
    PgServicios, semilla, temas_de_ordenes, temas_de_respuestas,
};
use crate::migrar;
use ajustes::{Claves, Http, Postgres, Telemetria};
use axum::Router;
use bandejas::{CartasMuertas, Despachador};
use cifrado::{Cifrador, ErrorCifrado};
use mensajeria::{AjustesPulsar, Grupo, Manejador, Mensajeria};
use secrecy::ExposeSecret;
use serde::Deserialize;
use servidor::{EnMarcha, Limites, aplicar_capas, rutas_de_salud};
use sqlx::PgPool;
use sqlx::migrate::MigrateError;
use sqlx::postgres::PgPoolOptions;
use std::collections::HashMap;
use std::sync::Arc;
use telemetria::PrometheusHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub const AJUSTES_POR_DEFECTO: &str = include_str!("../config/default.toml");

/// The durable subscription that every instance of this service shares.
const SUSCRIPCION: &str = "servicio-datos";

/// Most commands that are decided together.
const LOTE: usize = 64;

/// The settings of the service; `config/default.toml` has the defaults.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ajustes {
    pub http: Http,
    pub postgres: Postgres,
    pub pulsar: AjustesPulsar,
    pub claves: Claves,
    pub telemetria: Telemetria,
}

/// Why the service cannot start.
#[derive(Debug, thiserror::Error)]
pub enum ErrorComposicion {
    #[error("the database cannot be reached")]
    Conexion(#[source] sqlx::Error),
    #[error("the database cannot be brought up to date")]
    Migracion(#[from] MigrateError),
    #[error(transparent)]
    Semilla(#[from] ErrorSemilla),
    #[error("the catalogue cannot be seeded")]
    Siembra(#[from] ErrorRepositorio),
    #[error(transparent)]
    Cifrado(#[from] ErrorCifrado),
}

/// The whole service: the tasks that consume and publish on `tareas`, and everything it serves in the router.
pub async fn componer(
    ajustes: &Ajustes,
    metricas: PrometheusHandle,
    tareas: &TaskTracker,
    cierre: &CancellationToken,
) -> Result<Router, ErrorComposicion> {
    let cifrador = Arc::new(Cifrador::nuevo(&ajustes.claves.maestra)?);
    let pool = base_de_datos(&ajustes.postgres).await?;
    let catalogo = Arc::new(PgCatalogo::nuevo(pool.clone(), cifrador.clone()));
    catalogo.sembrar(&semilla()?).await?;

    let mensajeria = Mensajeria::nueva(&ajustes.pulsar, tareas, cierre);
    let publicador = mensajeria.publicador();
    publicador.preparar(temas_de_respuestas());
    let despachador = Despachador::iniciar(pool.clone(), Arc::new(publicador), tareas, cierre);
    let manejador = manejador(pool.clone(), despachador);
    let cartas = CartasMuertas::nueva(pool.clone(), cifrador);
    cartas.reintentar(HashMap::from([(GRUPO.to_owned(), manejador.clone())]), tareas, cierre);
    mensajeria.consumir(Grupo {
        nombre: GRUPO,
        temas: temas_de_ordenes(),
        suscripcion: SUSCRIPCION.to_owned(),
        manejador,
        cuarentena: cartas.clone(),
        maximo: LOTE,
    });

    let consultas = Arc::new(PgConsultas::nuevo(pool.clone()));
    let rutas = api::rutas(Puertas { consultas, catalogo }).merge(cartas.rutas());
    let salud = rutas_de_salud(
        vec![
            Arc::new(EnMarcha(cierre.clone())),
            Arc::new(ComprobacionPostgres(pool)),
            Arc::new(ComprobacionMensajeria(mensajeria)),
        ],
        metricas,
    );
    Ok(aplicar_capas(rutas, Limites::default()).merge(salud))
}

/// What carries out the commands of a batch.
pub fn manejador(pool: PgPool, despachador: Despachador) -> Arc<dyn Manejador> {
    let repositorio = Arc::new(PgServicios::nuevo(pool, despachador));
    Arc::new(ManejadorOrdenes::nuevo(AtenderOrdenes::nuevo(repositorio)))
}

async fn base_de_datos(ajustes: &Postgres) -> Result<PgPool, ErrorComposicion> {
    let pool = PgPoolOptions::new()
        .max_connections(ajustes.conexiones)
        .connect(ajustes.url.expose_secret())
        .await
        .map_err(ErrorComposicion::Conexion)?;
    migrar(&pool).await?;
    Ok(pool)
}

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use ajustes::{Claves, ErrorAjustes, Http, Postgres, Telemetria};
use axum::Router;
use bandejas::{CartasMuertas, Despachador};
use cifrado::{Cifrador, ErrorCifrado};
use contratos::temas;
use mensajeria::{AjustesPulsar, Consumo, Grupo, Manejador, Mensajeria};
use secrecy::ExposeSecret;
use serde::Deserialize;
use servidor::{Comprobacion, EnMarcha, ErrorServidor, Limites};
use sqlx::migrate::MigrateError;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{Connection, PgPool};
use telemetria::{ErrorTelemetria, PrometheusHandle};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::comprobaciones::{Almacen, Broker};

/// Messages that one batch may take.
const LOTE: usize = 64;
/// How long a request waits for a connection before it is answered 503.
const ESPERA_CONEXION: Duration = Duration::from_millis(1500);
/// How long a connection may rest before it is tried out on its next use.
const REPOSO: Duration = Duration::from_secs(1);
/// How long a transaction may stand still: a process that was stopped in the middle of one gives its locks back.
const INACTIVIDAD: &str = "5s";
/// How long background work may take to finish once nothing new comes.
const PLAZO_DE_CIERRE: Duration = Duration::from_secs(20);
/// Pause between attempts to reach a database that is not there yet.
const PAUSA: Duration = Duration::from_millis(500);

/// The settings that every service with a database has.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cimientos {
    pub http: Http,
    pub postgres: Postgres,
    pub pulsar: AjustesPulsar,
    pub claves: Claves,
    pub telemetria: Telemetria,
}

#[derive(Debug, thiserror::Error)]
pub enum ErrorProceso {
    #[error(transparent)]
    Ajustes(#[from] ErrorAjustes),
    #[error(transparent)]
    Telemetria(#[from] ErrorTelemetria),
    #[error(transparent)]
    Cifrado(#[from] ErrorCifrado),
    #[error("the database url cannot be used")]
    Url(#[source] sqlx::Error),
    #[error("the database cannot be migrated")]
    Migracion(#[source] MigrateError),
    #[error(transparent)]
    Servidor(#[from] ErrorServidor),
    #[error("told to stop before it started")]
    Interrumpido,
}

/// What a service stands on: its database, its messages, its dead letters and its background tasks.
pub struct Base {
    pub pool: PgPool,
    pub mensajeria: Mensajeria,
    pub despachador: Despachador,
    pub cifrador: Arc<Cifrador>,
    pub tareas: TaskTracker,
    /// Fires when the process is told to stop: ends open streams.
    pub cierre: CancellationToken,
    /// Fires when the last request has been answered: ends background work.
    pub fondo: CancellationToken,
    cartas: Arc<CartasMuertas>,
    manejadores: HashMap<String, Arc<dyn Manejador>>,
    servicio: &'static str,
    http: Http,
    metricas: PrometheusHandle,
}

impl Base {
    /// Starts telemetry, waits for the database, migrates it and starts the outbox's publisher.
    pub async fn abrir(
        servicio: &'static str,
        cimientos: &Cimientos,
        migrar: impl AsyncFn(&PgPool) -> Result<(), MigrateError>,
    ) -> Result<Self, ErrorProceso> {
        let metricas = telemetria::iniciar(servicio, &cimientos.telemetria)?;
        ajustes::exigir_loopback(&cimientos.http)?;
        let (tareas, cierre, fondo) = (TaskTracker::new(), CancellationToken::new(), CancellationToken::new());
        servidor::senal_de_cierre(cierre.clone());
        let pool = abrir_pool(&cimientos.postgres)?;
        esperar_base(&pool, &migrar, &cierre).await?;
        let mensajeria = Mensajeria::nueva(&cimientos.pulsar, &tareas, &fondo);
        let publicador = Arc::new(mensajeria.publicador());
        let cifrador = Arc::new(Cifrador::nuevo(&cimientos.claves.maestra)?);
        Ok(Self {
            despachador: Despachador::iniciar(pool.clone(), publicador, &tareas, &fondo),
            cartas: CartasMuertas::nueva(pool.clone(), cifrador.clone()),
            manejadores: HashMap::new(),
            http: cimientos.http.clone(),
            pool,
            mensajeria,
            cifrador,
            tareas,
            cierre,
            fondo,
            servicio,
            metricas,
        })
    }

    /// Where this process listens.
    pub fn direccion(&self) -> SocketAddr {
        self.http.socket()
    }

    /// Connects to the topics of these message types now, so that the first message does not wait.
    pub fn publicar(&self, tipos: &[&str]) {
        let temas = tipos.iter().filter_map(|tipo| temas::por_tipo(tipo)).map(|tema| tema.nombre);
        self.mensajeria.publicador().preparar(temas);
    }

    /// Reads the topics of these message types with a handler; what it rejects or cannot do goes to the dead letters of this group.
    pub fn consumir(&mut self, nombre: &'static str, tipos: &[&str], manejador: Arc<dyn Manejador>) {
        let temas = tipos.iter().filter_map(|tipo| temas::por_tipo(tipo)).map(|tema| tema.nombre.to_owned());
        self.consumir_temas(nombre, temas.collect(), manejador);
    }

    /// The same where each message is long work: few at a time, so that another instance can take the rest.
    pub fn consumir_de_a_pocos(
        &mut self,
        nombre: &'static str,
        tipos: &[&str],
        manejador: Arc<dyn Manejador>,
        (maximo, adelanto): (usize, u32),
    ) {
        let temas = tipos.iter().filter_map(|tipo| temas::por_tipo(tipo)).map(|tema| tema.nombre.to_owned()).collect();
        self.abrir_grupo(nombre, temas, manejador, (maximo, adelanto));
    }

    /// The same for topics that are known only at run time; more of them may be added to what it answers.
    pub fn consumir_temas(
        &mut self,
        nombre: &'static str,
        temas: Vec<String>,
        manejador: Arc<dyn Manejador>,
    ) -> Consumo {
        self.abrir_grupo(nombre, temas, manejador, (LOTE, Grupo::ADELANTO))
    }

    fn abrir_grupo(
        &mut self,
        nombre: &'static str,
        temas: Vec<String>,
        manejador: Arc<dyn Manejador>,
        (maximo, adelanto): (usize, u32),
    ) -> Consumo {
        self.manejadores.insert(nombre.to_owned(), manejador.clone());
        self.mensajeria.consumir(Grupo {
            nombre,
            temas,
            suscripcion: self.servicio.to_owned(),
            manejador,
            cuarentena: self.cartas.clone(),
            maximo,
            adelanto,
        })
    }

    /// Serves the routes until the process is told to stop, then finishes what is in hand.
    pub async fn servir(self, rutas: Router, limites: Limites) -> Result<(), ErrorProceso> {
        self.cartas.reintentar(self.manejadores, &self.tareas, &self.fondo);
        let comprobaciones: Vec<Arc<dyn Comprobacion>> = vec![
            Arc::new(EnMarcha(self.cierre.clone())),
            Arc::new(Almacen(self.pool.clone())),
            Arc::new(Broker(self.mensajeria.clone())),
        ];
        let router = servidor::aplicar_capas(rutas.merge(self.cartas.clone().rutas()), limites)
            .merge(servidor::rutas_de_salud(comprobaciones, self.metricas));
        let servido = servidor::servir(router, self.http.socket(), self.cierre).await;
        // Only now: the requests that were finishing may have left messages for the publisher.
        terminar(&self.fondo, &self.tareas).await;
        Ok(servido?)
    }

    /// Ends a process that served nothing: what it left for the publisher is sent first.
    pub async fn cerrar(self) {
        terminar(&self.fondo, &self.tareas).await;
    }
}

async fn terminar(fondo: &CancellationToken, tareas: &TaskTracker) {
    fondo.cancel();
    tareas.close();
    if tokio::time::timeout(PLAZO_DE_CIERRE, tareas.wait()).await.is_err() {
        tracing::warn!("background tasks still running at the end of the shutdown were cut");
    }
}

/// The pool of a service. Its connections plan for tables that will be large, because their prepared plans are
/// made while the tables are still empty and would read them whole for ever after.
fn abrir_pool(postgres: &Postgres) -> Result<PgPool, ErrorProceso> {
    let opciones: PgConnectOptions = postgres.url.expose_secret().parse().map_err(ErrorProceso::Url)?;
    // Without sequential scans a query that needs one seems dear enough to be compiled; it is not worth it.
    let opciones = opciones.options([
        ("enable_seqscan", "off"),
        ("jit", "off"),
        ("idle_in_transaction_session_timeout", INACTIVIDAD),
    ]);
    Ok(PgPoolOptions::new()
        .max_connections(postgres.conexiones)
        .acquire_timeout(ESPERA_CONEXION)
        .test_before_acquire(false)
        .before_acquire(|conexion, datos| {
            Box::pin(async move {
                if datos.idle_for > REPOSO {
                    conexion.ping().await?;
                }
                Ok(true)
            })
        })
        .connect_lazy_with(opciones))
}

/// Migrates as soon as the database can be reached; a migration that is wrong is an error at once.
async fn esperar_base(
    pool: &PgPool,
    migrar: &impl AsyncFn(&PgPool) -> Result<(), MigrateError>,
    cierre: &CancellationToken,
) -> Result<(), ErrorProceso> {
    loop {
        match migrar(pool).await {
            Ok(()) => return Ok(()),
            Err(MigrateError::Execute(error)) if ausente(&error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "waiting for the database");
            }
            Err(error) => return Err(ErrorProceso::Migracion(error)),
        }
        tokio::select! {
            () = cierre.cancelled() => return Err(ErrorProceso::Interrumpido),
            () = tokio::time::sleep(PAUSA) => {}
        }
    }
}

/// Whether the database was not reached, as opposed to having refused something.
fn ausente(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut | sqlx::Error::Tls(_) => true,
        // 57P03: the server is starting; 3D000: its databases are being created.
        sqlx::Error::Database(error) => error.code().is_some_and(|codigo| matches!(&*codigo, "57P03" | "3D000")),
        _ => false,
    }
}

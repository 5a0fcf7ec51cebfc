use std::sync::Arc;
use std::time::Duration;

use contratos::ahora;
use tokio::sync::mpsc;
use tokio::task::{JoinError, JoinSet};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::contactos_http;
use super::correo_smtp;
use super::pg_proyeccion::TURNO;
use crate::aplicacion::puertos::{ErrorAlmacen, TurnosDeEnvio, Versionada};
use crate::aplicacion::{EnviarPendientes, Intento, Salida};

/// How many new notifications wait in memory before they are left to the sweep.
const CUPO: usize = 4096;
/// How many are sent together, and recorded in one transaction.
const LOTE: u32 = 32;
/// Batches at the same time, so that one is sent while another is recorded.
const EN_VUELO: usize = 2;
/// What waited longer in memory needs its turn renewed, because it could expire while it is being sent.
const FRESCURA: Duration = Duration::from_secs(5);
const BARRIDO: Duration = Duration::from_secs(1);
const PAUSA_TRAS_FALLO: Duration = Duration::from_millis(500);

const _: () = assert!(
    FRESCURA.as_secs() + contactos_http::PLAZO.as_secs() + correo_smtp::PLAZO_DE_LOTE.as_secs() < TURNO.as_secs(),
    "an attempt must end within its turn"
);

/// The way from the commit of a new notification to the sender of this process.
#[derive(Clone)]
pub struct Remitente {
    cola: mpsc::Sender<Encargo>,
}

struct Encargo {
    versionada: Versionada,
    desde: Instant,
}

impl Remitente {
    /// Starts the sender on `tareas`: new notifications of this process at once, and from the store what is due
    /// and nobody has, which is what failed before or what another process left behind.
    ///
    /// It ends after `cierre`, when the batches in hand are recorded.
    pub fn iniciar(
        envio: EnviarPendientes,
        turnos: Arc<dyn TurnosDeEnvio>,
        tareas: &TaskTracker,
        cierre: &CancellationToken,
    ) -> Self {
        let (entrada, cola) = mpsc::channel(CUPO);
        let cartero = Arc::new(Cartero { envio, turnos, cierre: cierre.clone() });
        tareas.spawn(cartero.ejecutar(cola));
        Self { cola: entrada }
    }

    /// Hands new notifications over. Those without room stay in the store until their turn expires.
    pub fn entregar(&self, creadas: Vec<Versionada>) {
        let desde = Instant::now();
        let total = creadas.len();
        let entregadas = creadas.into_iter().map_while(|v| self.cola.try_send(Encargo { versionada: v, desde }).ok());
        dejar_al_barrido(total - entregadas.count());
    }
}

/// Sends batches and records what came of them.
struct Cartero {
    envio: EnviarPendientes,
    turnos: Arc<dyn TurnosDeEnvio>,
    cierre: CancellationToken,
}

/// Whether the store has more that is due.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Quedan {
    Mas,
    QuizasNada,
}

impl Cartero {
    async fn ejecutar(self: Arc<Self>, mut cola: mpsc::Receiver<Encargo>) {
        let mut barrido = interval(BARRIDO);
        barrido.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut vuelos = JoinSet::new();
        loop {
            let mut encargos = Vec::new();
            let hay_sitio = vuelos.len() < EN_VUELO;
            tokio::select! {
                () = self.cierre.cancelled() => break,
                Some(vuelo) = vuelos.join_next() => {
                    if aterrizar(vuelo) == Quedan::Mas {
                        barrido.reset_immediately();
                    }
                }
                recibidos = cola.recv_many(&mut encargos, LOTE as usize), if hay_sitio => {
                    if recibidos == 0 {
                        break;
                    }
                    vuelos.spawn(Arc::clone(&self).atender(encargos));
                }
                _ = barrido.tick(), if hay_sitio => {
                    vuelos.spawn(Arc::clone(&self).barrer());
                }
            }
        }
        while let Some(vuelo) = vuelos.join_next().await {
            aterrizar(vuelo);
        }
    }

    async fn atender(self: Arc<Self>, encargos: Vec<Encargo>) -> Quedan {
        let (frescos, pasados): (Vec<_>, Vec<_>) =
            encargos.into_iter().partition(|encargo| encargo.desde.elapsed() < FRESCURA);
        let mut lote: Vec<_> = frescos.into_iter().map(|encargo| encargo.versionada).collect();
        lote.extend(self.renovar(pasados).await);
        self.enviar(lote).await;
        Quedan::QuizasNada
    }

    /// Those whose turn could still be renewed before it expired; the sweep takes the others.
    async fn renovar(&self, pasados: Vec<Encargo>) -> Vec<Versionada> {
        let total = pasados.len();
        let vigentes = pasados.into_iter().filter(|encargo| encargo.desde.elapsed() + FRESCURA < TURNO);
        let vigentes: Vec<_> = vigentes.map(|encargo| encargo.versionada).collect();
        if total == 0 {
            return vigentes;
        }
        let renovadas = self.turnos.renovar(vigentes).await.unwrap_or_else(|error| {
            tracing::warn!(error = &error as &dyn std::error::Error, "turns were not renewed");
            Vec::new()
        });
        dejar_al_barrido(total - renovadas.len());
        renovadas
    }

    async fn barrer(self: Arc<Self>) -> Quedan {
        match self.turnos.tomar(LOTE).await {
            Ok(lote) => {
                let quedan = if lote.len() == LOTE as usize { Quedan::Mas } else { Quedan::QuizasNada };
                self.enviar(lote).await;
                quedan
            }
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "due notifications could not be read");
                Quedan::QuizasNada
            }
        }
    }

    async fn enviar(&self, lote: Vec<Versionada>) {
        if lote.is_empty() {
            return;
        }
        let intentos = self.envio.entregar(lote).await;
        for intento in &intentos {
            contar(&intento.salida);
        }
        self.anotar(&intentos).await;
    }

    /// Insists while the store is away: a mail that left must not leave again for want of a record.
    async fn anotar(&self, intentos: &[Intento]) {
        loop {
            let Err(error) = self.envio.anotar(intentos, ahora()).await else { return };
            match error {
                ErrorAlmacen::NoDisponible(_) if !self.cierre.is_cancelled() => {
                    tracing::warn!(error = &error as &dyn std::error::Error, "attempts not recorded yet");
                    sleep(PAUSA_TRAS_FALLO).await;
                }
                ErrorAlmacen::Datos(_) if intentos.len() > 1 => {
                    for intento in intentos {
                        Box::pin(self.anotar(std::slice::from_ref(intento))).await;
                    }
                    return;
                }
                ErrorAlmacen::NoDisponible(_) | ErrorAlmacen::Datos(_) => {
                    let perdidos = intentos.len();
                    tracing::error!(error = &error as &dyn std::error::Error, perdidos, "attempts not recorded");
                    return;
                }
            }
        }
    }
}

fn aterrizar(vuelo: Result<Quedan, JoinError>) -> Quedan {
    vuelo.unwrap_or_else(|error| {
        tracing::error!(%error, "a batch of the sender ended badly; a sweep takes its notifications");
        Quedan::QuizasNada
    })
}

fn dejar_al_barrido(cuantas: usize) {
    if cuantas > 0 {
        metrics::counter!("notificaciones_dejadas_al_barrido_total").increment(cuantas as u64);
    }
}

fn contar(salida: &Salida) {
    let (resultado, codigo) = match salida {
        Salida::Entregada(_) => ("entregada", ""),
        Salida::Rechazada(rechazo, _) => ("rechazada", rechazo.codigo.como_texto()),
        Salida::Aplazada(aplazamiento) => ("aplazada", aplazamiento.codigo.como_texto()),
    };
    metrics::counter!("notificaciones_intentos_total", "resultado" => resultado, "codigo" => codigo).increment(1);
}

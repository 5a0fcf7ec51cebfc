//! Deaths: every process is killed at drawn moments and started again, as a supervisor would.

use std::collections::BTreeMap;
use std::time::Duration;

use administracion::Admin;
use anyhow::{Result, bail};
use futures::future::try_join_all;
use reqwest::Client;
use tokio::sync::watch;
use tokio::time::Instant;

use super::sorteo::Sorteo;
use crate::arranque::pendiente;
use crate::consola::{linea, tenue};
use crate::estado::Diario;
use crate::procesos::Proceso;
use crate::pulsar;

/// The processes of the product: each dies this often.
const MUERTES: (u64, u64) = (3, 5);
/// How long a killed process stays away.
const AUSENCIA: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(3));
/// The broker and the database die once each, the broker in the middle.
const AUSENCIA_DE_PULSAR: (Duration, Duration) = (Duration::from_secs(2), Duration::from_secs(6));
/// Between two looks at whether a process has ended by itself.
const RONDA: Duration = Duration::from_millis(200);
/// How long the whole system may take to be ready again.
const PLAZO: Duration = Duration::from_secs(120);

/// One death.
#[derive(Clone, Debug)]
pub struct Golpe {
    pub proceso: String,
    /// Since the load began.
    pub instante: Duration,
    pub ausencia: Duration,
}

/// What was done to the processes.
#[derive(Default)]
pub struct Parte {
    pub golpes: Vec<Golpe>,
    /// Ends that nobody caused, by process.
    pub caidas: BTreeMap<String, u32>,
}

/// Draws the deaths of a load of that duration.
pub fn sortear(sorteo: &mut Sorteo, procesos: &[Proceso], duracion: Duration) -> Vec<Golpe> {
    let mut golpes = Vec::new();
    for Proceso { nombre, .. } in procesos {
        let (veces, desde, hasta, ausencia) = match nombre.as_str() {
            "pulsar" => (1, duracion * 2 / 5, duracion * 3 / 5, AUSENCIA_DE_PULSAR),
            "postgres" => (1, duracion / 10, duracion * 9 / 10, AUSENCIA),
            _ => (MUERTES.0 + sorteo.hasta(MUERTES.1 - MUERTES.0 + 1), duracion / 20, duracion, AUSENCIA),
        };
        for _ in 0..veces {
            golpes.push(Golpe {
                proceso: nombre.clone(),
                instante: sorteo.duracion(desde, hasta),
                ausencia: sorteo.duracion(ausencia.0, ausencia.1),
            });
        }
    }
    golpes.sort_by_key(|golpe| golpe.instante);
    golpes
}

/// Kills as drawn and keeps every process running, until `fin` says so.
pub async fn desatar(diario: &Diario, golpes: &[Golpe], inicio: Instant, fin: watch::Receiver<bool>) -> Result<Parte> {
    let procesos = diario.actual().procesos;
    let vigilados = procesos.into_iter().map(|proceso| {
        let suyos = golpes.iter().filter(|golpe| golpe.proceso == proceso.nombre).cloned().collect();
        vigilar(diario, proceso, suyos, inicio, fin.clone())
    });
    let mut parte = Parte { golpes: golpes.to_vec(), caidas: BTreeMap::new() };
    for (nombre, caidas) in try_join_all(vigilados).await? {
        if caidas > 0 {
            parte.caidas.insert(nombre, caidas);
        }
    }
    Ok(parte)
}

/// One process: killed when it is its turn, started again whenever it has ended.
async fn vigilar(
    diario: &Diario,
    mut proceso: Proceso,
    golpes: Vec<Golpe>,
    inicio: Instant,
    fin: watch::Receiver<bool>,
) -> Result<(String, u32)> {
    let mut pendientes = golpes.into_iter().peekable();
    let mut caidas = 0;
    loop {
        if let Some(golpe) = pendientes.next_if(|golpe| inicio + golpe.instante <= Instant::now()) {
            linea(tenue(format!("  {:>6.1} s  SIGKILL a {}", inicio.elapsed().as_secs_f64(), proceso.nombre)));
            proceso.matar().await?;
            tokio::time::sleep(golpe.ausencia).await;
            proceso = revivir(diario, &proceso).await?;
        } else if !proceso.vive() {
            // Postgres refuses to start while a child of the dead one lives; a service, while its database is away.
            caidas += 1;
            tokio::time::sleep(RONDA).await;
            proceso = revivir(diario, &proceso).await?;
        } else if *fin.borrow() && pendientes.peek().is_none() {
            return Ok((proceso.nombre, caidas));
        }
        tokio::time::sleep(RONDA).await;
    }
}

async fn revivir(diario: &Diario, proceso: &Proceso) -> Result<Proceso> {
    let nuevo = proceso.relanzar()?;
    diario.anotar(nuevo.clone())?;
    if nuevo.nombre != "pulsar" {
        return Ok(nuevo);
    }
    let estado = diario.actual();
    pulsar::serenar(&Admin::nuevo(&estado.pulsar_admin, &estado.espacio)?, diario, nuevo).await
}

/// Waits until every service says that it is ready, while [`desatar`] keeps them running.
pub async fn esperar_listos(diario: &Diario) -> Result<()> {
    let cliente = Client::builder().no_proxy().timeout(Duration::from_secs(2)).build()?;
    let limite = Instant::now() + PLAZO;
    for proceso in diario.actual().procesos.iter().filter(|proceso| proceso.url.starts_with("http://")) {
        while let Some(motivo) = pendiente(&cliente, proceso).await {
            if Instant::now() > limite {
                bail!("{} no vuelve a estar listo: {motivo}\n{}", proceso.nombre, proceso.ultimas_lineas(15));
            }
            tokio::time::sleep(RONDA).await;
        }
    }
    Ok(())
}

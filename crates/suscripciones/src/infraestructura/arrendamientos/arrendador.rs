use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sqlx::PgPool;
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::reparto::{Movimiento, mover};
use super::{LATIDO, MARGEN, VIGENCIA, registro};
use crate::aplicacion::Tenencia;
use crate::aplicacion::puertos::ErrorRepositorio;
use crate::infraestructura::errores::de_sql;

/// How long the publication under way may make a partition that is given up wait.
const ESPERA_DE_PUBLICACION: Duration = Duration::from_secs(1);

/// The leases of this instance: what it holds, and for how long it may believe so.
pub struct Arrendamientos {
    pub(super) pool: PgPool,
    pub(super) instancia: Uuid,
    direccion: String,
    local: Mutex<Local>,
    /// Held during a round of publication, so that no partition is given up in the middle of one.
    pub(super) publicando: tokio::sync::Mutex<()>,
}

#[derive(Clone, Copy)]
struct Local {
    tenencia: Tenencia,
    /// From here on the heartbeat has been silent for too long, by this machine's steady clock.
    hasta: Instant,
}

impl Arrendamientos {
    /// `instancia` is drawn at each start: an instance that comes back is another one.
    pub fn nuevos(pool: PgPool, instancia: Uuid, direccion: SocketAddr) -> Self {
        let local = Local { tenencia: Tenencia::default(), hasta: Instant::now() };
        Self {
            pool,
            instancia,
            direccion: direccion.to_string(),
            local: Mutex::new(local),
            publicando: tokio::sync::Mutex::default(),
        }
    }

    /// What this instance may work on now; none when it holds nothing or cannot be sure.
    pub fn vigente(&self) -> Option<Tenencia> {
        let local = *self.local();
        (Instant::now() < local.hasta && local.tenencia.cuantas() > 0).then_some(local.tenencia)
    }

    /// Gives a sign of life, sees what is held, and comes one move closer to the fair share.
    pub async fn latir(&self) -> Result<(), ErrorRepositorio> {
        let inicio = Instant::now();
        registro::latir(&self.pool, self.instancia, &self.direccion).await.map_err(de_sql)?;
        let tenencia = registro::tenencia(&self.pool, self.instancia).await.map_err(de_sql)?;
        self.asumir(tenencia, inicio + VIGENCIA.saturating_sub(MARGEN));
        let vivas = registro::vivas(&self.pool).await.map_err(de_sql)?;
        let lugar = vivas.iter().position(|viva| *viva == self.instancia).unwrap_or(vivas.len());
        match mover(&tenencia, lugar, vivas.len()) {
            Movimiento::Nada => Ok(()),
            Movimiento::Soltar(sobran) => self.soltar(&sobran).await,
            Movimiento::Tomar(cuantas) => self.tomar(cuantas).await,
        }
    }

    /// Gives everything up, so that the others need not wait until it lapses.
    pub async fn despedir(&self) -> Result<(), ErrorRepositorio> {
        let particiones = self.local().tenencia.particiones();
        self.soltar(&particiones).await?;
        registro::borrar(&self.pool, self.instancia).await.map_err(de_sql)
    }

    /// Whether an orchestrator lives beside this one.
    pub(super) async fn hay_otros(&self) -> Result<bool, ErrorRepositorio> {
        let vivas = registro::vivas(&self.pool).await.map_err(de_sql)?;
        Ok(vivas.iter().any(|viva| *viva != self.instancia))
    }

    /// Until when something that relies on all of `tenencia` may begin; none when it may not, by the database.
    pub(super) async fn plazo(&self, tenencia: &Tenencia) -> Result<Option<Instant>, ErrorRepositorio> {
        let inicio = Instant::now();
        let resto = registro::resto(&self.pool, self.instancia, tenencia).await.map_err(de_sql)?;
        let util = resto.map(|segundos| segundos - MARGEN.as_secs_f64()).filter(|segundos| *segundos > 0.0);
        Ok(util.map(|segundos| inicio + Duration::from_secs_f64(segundos)))
    }

    async fn tomar(&self, cuantas: i64) -> Result<(), ErrorRepositorio> {
        let tomadas = registro::tomar(&self.pool, self.instancia, cuantas).await.map_err(de_sql)?;
        if tomadas.is_empty() {
            return Ok(());
        }
        tracing::info!(instancia = %self.instancia, particiones = ?tomadas, "partitions of sagas taken, with their epochs");
        let mut local = self.local();
        local.tenencia = local.tenencia.iter().chain(tomadas).collect();
        medir(&local.tenencia);
        Ok(())
    }

    /// First out of sight of this process, then free: the publication under way ends in between, if it is quick.
    async fn soltar(&self, particiones: &[i16]) -> Result<(), ErrorRepositorio> {
        let Ok(_quieta) = timeout(ESPERA_DE_PUBLICACION, self.publicando.lock()).await else {
            return Ok(());
        };
        let soltadas = {
            let mut local = self.local();
            let soltadas = local.tenencia.solo(particiones);
            local.tenencia = local.tenencia.sin(particiones);
            medir(&local.tenencia);
            soltadas
        };
        registro::soltar(&self.pool, &soltadas).await.map_err(de_sql)?;
        tracing::info!(instancia = %self.instancia, ?particiones, "partitions of sagas given up");
        Ok(())
    }

    fn asumir(&self, tenencia: Tenencia, hasta: Instant) {
        let mut local = self.local();
        let perdidas: Vec<i16> = local
            .tenencia
            .iter()
            .filter(|(particion, epoca)| tenencia.epoca(*particion) != Some(*epoca))
            .map(|(particion, _)| particion)
            .collect();
        if !perdidas.is_empty() {
            tracing::warn!(instancia = %self.instancia, particiones = ?perdidas, "partitions of sagas lost: another instance took them");
        }
        *local = Local { tenencia, hasta };
        medir(&tenencia);
    }

    fn local(&self) -> MutexGuard<'_, Local> {
        self.local.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn medir(tenencia: &Tenencia) {
    metrics::gauge!("sagas_particiones").set(tenencia.cuantas() as f64);
}

/// Keeps the leases of this instance until `cierre`, then gives them up.
pub async fn mantener(arrendamientos: Arc<Arrendamientos>, cierre: CancellationToken) {
    loop {
        // A database that does not even refuse has cost the lease by then; the next attempt has another connection.
        match timeout(VIGENCIA, arrendamientos.latir()).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => avisar(&error, "the leases of saga partitions could not be kept"),
            Err(error) => avisar(&error, "the leases of saga partitions could not be kept in time"),
        }
        tokio::select! {
            () = cierre.cancelled() => break,
            () = tokio::time::sleep(LATIDO) => {}
        }
    }
    if let Err(error) = arrendamientos.despedir().await {
        avisar(&error, "the leases of saga partitions were left to lapse");
    }
}

fn avisar(error: &(dyn std::error::Error + 'static), que: &str) {
    tracing::warn!(error, "{que}");
}

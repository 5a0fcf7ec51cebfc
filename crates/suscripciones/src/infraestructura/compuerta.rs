//! What every write of a saga passes, so that all orchestrators can be stopped at once.

use std::sync::Arc;
use std::time::Duration;

use sqlx::PgPool;
use tokio::sync::{RwLock, RwLockReadGuard, watch};
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::errores::de_sql;
use super::reproceso::pausa;
use crate::aplicacion::puertos::ErrorRepositorio;

/// How often an instance looks whether the sagas are paused.
const RITMO: Duration = Duration::from_millis(500);
/// How long what it saw counts: whoever pauses waits a little longer, and then needs nobody's word.
pub(super) const VIGENCIA: Duration = Duration::from_secs(3);
/// How long a write waits for the gate before it is told to come back.
const ESPERA: Duration = Duration::from_secs(1);

/// Lets writes of sagas pass while it is known that they are not paused.
pub struct Compuerta {
    /// Until when writes may begin; `None`: always.
    hasta: watch::Sender<Option<Instant>>,
    en_curso: RwLock<()>,
}

#[derive(Debug, thiserror::Error)]
#[error("the sagas are paused, or it is not known whether they are")]
struct Cerrada;

impl Compuerta {
    /// Open for ever: for whoever is alone with the sagas.
    pub fn abierta() -> Self {
        Self { hasta: watch::Sender::new(None), en_curso: RwLock::new(()) }
    }

    /// Closed until [`vigilar_pausa`] has seen that it may open.
    pub fn vigilada() -> Self {
        Self { hasta: watch::Sender::new(Some(Instant::now())), en_curso: RwLock::new(()) }
    }

    pub(super) fn deja_pasar(&self) -> bool {
        self.hasta.borrow().is_none_or(|hasta| Instant::now() < hasta)
    }

    /// Waits a moment for the gate; the answer keeps a pause from being acknowledged while it lives.
    pub(super) async fn pasar(&self) -> Result<RwLockReadGuard<'_, ()>, ErrorRepositorio> {
        let mut cambios = self.hasta.subscribe();
        let limite = Instant::now() + ESPERA;
        loop {
            if self.deja_pasar() {
                let paso = self.en_curso.read().await;
                if self.deja_pasar() {
                    return Ok(paso);
                }
            }
            let resto = limite.saturating_duration_since(Instant::now());
            if !matches!(timeout(resto, cambios.changed()).await, Ok(Ok(()))) {
                return Err(ErrorRepositorio::NoDisponible(Box::new(Cerrada)));
            }
        }
    }

    fn abrir(&self, hasta: Instant) {
        self.hasta.send_replace(Some(hasta));
    }

    /// Closes, and waits for the writes under way.
    async fn cerrar(&self) {
        self.hasta.send_replace(Some(Instant::now()));
        drop(self.en_curso.write().await);
    }
}

/// Keeps the gate as the table of pauses says, and acknowledges there each pause once nothing is under way.
pub async fn vigilar_pausa(pool: PgPool, compuerta: Arc<Compuerta>, instancia: Uuid, cierre: CancellationToken) {
    let mut obedecida = None;
    loop {
        match mirar(&pool, &compuerta, instancia, obedecida).await {
            Ok(turno) => obedecida = turno,
            Err(error) => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "it is not known whether the sagas are paused"
                );
            }
        }
        tokio::select! {
            () = cierre.cancelled() => break,
            () = tokio::time::sleep(RITMO) => {}
        }
    }
    compuerta.cerrar().await;
    if let Err(error) = pausa::despedir(&pool, instancia).await {
        tracing::debug!(error = &error as &dyn std::error::Error, "the acknowledgement was left to grow old");
    }
}

/// One look; the pause that is obeyed from now on.
async fn mirar(
    pool: &PgPool,
    compuerta: &Compuerta,
    instancia: Uuid,
    obedecida: Option<i64>,
) -> Result<Option<i64>, ErrorRepositorio> {
    let inicio = Instant::now();
    let vista = pausa::acusar(pool, instancia, obedecida).await.map_err(de_sql)?;
    metrics::gauge!("sagas_en_pausa").set(if vista.is_some() { 1.0 } else { 0.0 });
    match vista {
        None => compuerta.abrir(inicio + VIGENCIA),
        Some(turno) if obedecida != Some(turno) => {
            compuerta.cerrar().await;
            pausa::acusar(pool, instancia, vista).await.map_err(de_sql)?;
            tracing::warn!(turno, "the sagas are paused");
        }
        Some(_) => {}
    }
    if vista.is_none() && obedecida.is_some() {
        tracing::info!("the sagas go on");
    }
    Ok(vista)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn lo_que_se_vio_vale_solo_un_rato() {
        let compuerta = Compuerta::vigilada();
        assert!(compuerta.pasar().await.is_err());
        let hasta = Instant::now() + Duration::from_millis(300);
        compuerta.abrir(hasta);
        assert!(compuerta.pasar().await.is_ok());
        tokio::time::sleep_until(hasta).await;
        assert!(!compuerta.deja_pasar());
        assert!(Compuerta::abierta().pasar().await.is_ok());
    }

    #[tokio::test]
    async fn una_pausa_espera_a_lo_que_esta_en_curso_y_detiene_lo_demas() {
        let compuerta = Arc::new(Compuerta::vigilada());
        compuerta.abrir(Instant::now() + VIGENCIA);
        let paso = compuerta.pasar().await.expect("abierta");
        let cierre = tokio::spawn({
            let compuerta = compuerta.clone();
            async move { compuerta.cerrar().await }
        });
        while compuerta.deja_pasar() {
            tokio::task::yield_now().await;
        }
        assert!(!cierre.is_finished());
        drop(paso);
        cierre.await.expect("cerrada");
        let espera = tokio::spawn({
            let compuerta = compuerta.clone();
            async move { compuerta.pasar().await.is_ok() }
        });
        compuerta.abrir(Instant::now() + VIGENCIA);
        assert!(espera.await.expect("espera"));
    }
}

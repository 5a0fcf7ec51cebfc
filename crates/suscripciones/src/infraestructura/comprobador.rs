use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use saga::modelo::{Cotas, Resultado, Seguir, verificar_desde_mientras, verificar_mientras};
use saga::{Definicion, EstadoSaga};
use tokio::sync::Semaphore;
use tokio::time::Instant;

use crate::aplicacion::{Comprobacion, Comprobador, ErrorComprobacion};

/// How long a check may take.
const PLAZO: Duration = Duration::from_secs(12);
/// How long a check waits for the one before it to end.
const ESPERA: Duration = Duration::from_secs(13);
/// The longest that a request may last here: a check that waited and took all its time, and what goes with it. Shorter
/// than the door waits, so that whoever asked is still there to read the answer.
pub const DEMORA: Duration = ESPERA.saturating_add(PLAZO).saturating_add(Duration::from_secs(3));
/// States after which a check gives up; some 260 bytes each with forty steps.
const ESTADOS: usize = 500_000;

/// Checks one at a time, on a thread of its own: what it takes of a process is bounded however many are asked for.
pub struct Comprobaciones {
    turno: Arc<Semaphore>,
    estados: usize,
    plazo: Duration,
}

impl Default for Comprobaciones {
    fn default() -> Self {
        Self::acotadas(ESTADOS, PLAZO)
    }
}

impl Comprobaciones {
    pub fn acotadas(estados: usize, plazo: Duration) -> Self {
        Self { turno: Arc::new(Semaphore::new(1)), estados, plazo }
    }

    /// What a check is allowed, whatever it is of.
    pub fn cotas(&self) -> Cotas {
        Cotas { estados: self.estados, ..Cotas::default() }
    }

    /// Runs a check when its turn comes, and says how long it took. Whoever asked may be gone: the turn is given back
    /// when the thread ends, and not before.
    pub async fn en_su_turno<T: Send + 'static>(
        &self,
        comprobar: impl FnOnce(Seguir<'_>) -> T + Send + 'static,
    ) -> Result<(T, Duration), ErrorComprobacion> {
        let turno = tokio::time::timeout(ESPERA, self.turno.clone().acquire_owned()).await;
        let turno = turno.map_err(|_| ErrorComprobacion::Ocupado)?.map_err(fallida)?;
        let plazo = self.plazo;
        let tarea = move || {
            let desde = Instant::now();
            let resultado = comprobar(&|| desde.elapsed() < plazo);
            drop(turno);
            (resultado, desde.elapsed())
        };
        tokio::task::spawn_blocking(tarea).await.map_err(fallida)
    }

    async fn recorrer(
        &self,
        verificar: impl FnOnce(Seguir<'_>) -> Resultado + Send + 'static,
    ) -> Result<Comprobacion, ErrorComprobacion> {
        let (resultado, duracion) = self.en_su_turno(verificar).await?;
        let Resultado { estados, completo, .. } = &resultado;
        tracing::info!(estados, completo, ms = duracion.as_millis(), "the runs of a definition were checked");
        Ok(Comprobacion { cotas: self.cotas(), plazo: self.plazo, duracion, resultado })
    }
}

#[async_trait]
impl Comprobador for Comprobaciones {
    #[tracing::instrument(skip_all, fields(clave = definicion.clave(), version = definicion.version()))]
    async fn comprobar(&self, definicion: &Arc<Definicion>) -> Result<Comprobacion, ErrorComprobacion> {
        let (cotas, suya) = (self.cotas(), definicion.clone());
        self.recorrer(move |seguir| verificar_mientras(&suya, cotas, seguir)).await
    }

    #[tracing::instrument(skip_all, fields(clave = definicion.clave(), version = definicion.version()))]
    async fn comprobar_desde(
        &self,
        definicion: &Arc<Definicion>,
        estado: EstadoSaga,
    ) -> Result<Comprobacion, ErrorComprobacion> {
        let (cotas, suya) = (self.cotas(), definicion.clone());
        self.recorrer(move |seguir| verificar_desde_mientras(&suya, &estado, cotas, seguir)).await
    }
}

fn fallida(error: impl std::error::Error + Send + Sync + 'static) -> ErrorComprobacion {
    ErrorComprobacion::Fallida(Box::new(error))
}

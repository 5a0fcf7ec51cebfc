use std::sync::Arc;
use std::time::Duration;

use contratos::Saliente;
use mensajeria::Publicar;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::arrendador::{Arrendamientos, mantener};
use super::cursores::{self, Cursores};
use super::lugares::{Lugar, Lugares};
use crate::aplicacion::puertos::ErrorRepositorio;
use crate::infraestructura::errores::de_datos;
use crate::infraestructura::mensajes_sagas::{FilaLog, registro};
use crate::infraestructura::publicacion_estados as estados;

/// How long transitions gather before they are published: a saga's life fits in one or two messages.
const RITMO: Duration = Duration::from_millis(200);
/// Transitions per message.
const POR_MENSAJE: usize = 50;
/// Transitions per round.
const LOTE: usize = 8 * POR_MENSAJE;
/// How often it is looked whether somebody publishes.
const MIRADA: Duration = Duration::from_secs(1);
/// After so many transactions without a row of its own, a cursor is moved so that they are not read again.
const REZAGO: u64 = 10_000;

/// Publishes the log of the partitions that this instance holds, all of them in one go.
///
/// At least once: the cursors move after the receipts, and only under the epochs of the round's beginning.
pub struct PublicacionSagas {
    arrendamientos: Arc<Arrendamientos>,
    publicador: Arc<dyn Publicar>,
}

/// What one round publishes, and where its cursors stand after it.
struct Tramo {
    filas: Vec<FilaLog>,
    registro: Lugares,
    /// The states of live sagas, when they are due.
    vivas: Option<Vec<Saliente>>,
}

/// Publishes `saga_log` to `saga-log`, and the states of the sagas that moved to `saga-estado`, until `cierre`.
pub async fn publicar_sagas(publicacion: PublicacionSagas, cierre: CancellationToken) {
    loop {
        let publicadas = publicacion.ronda().await.unwrap_or_else(|error| {
            tracing::warn!(error = &error as &dyn std::error::Error, "the saga log could not be published");
            0
        });
        let espera = if publicadas == LOTE { Duration::ZERO } else { RITMO };
        tokio::select! {
            () = cierre.cancelled() => return,
            () = tokio::time::sleep(espera) => {}
        }
    }
}

/// Publishes, until `cierre`, once no orchestrator lives that would; until then it holds nothing and disturbs nobody.
pub async fn publicar_en_ausencia(
    arrendamientos: Arc<Arrendamientos>,
    publicador: Arc<dyn Publicar>,
    cierre: CancellationToken,
) {
    let ausentes = |respuesta: Result<bool, ErrorRepositorio>| match respuesta {
        Ok(hay) => !hay,
        Err(error) => {
            tracing::warn!(error = &error as &dyn std::error::Error, "it is not known whether an orchestrator lives");
            false
        }
    };
    while !ausentes(arrendamientos.hay_otros().await) {
        tokio::select! {
            () = cierre.cancelled() => return,
            () = tokio::time::sleep(MIRADA) => {}
        }
    }
    let publicacion = PublicacionSagas::nueva(arrendamientos.clone(), publicador);
    tokio::join!(mantener(arrendamientos, cierre.clone()), publicar_sagas(publicacion, cierre));
}

impl PublicacionSagas {
    pub fn nueva(arrendamientos: Arc<Arrendamientos>, publicador: Arc<dyn Publicar>) -> Self {
        Self { arrendamientos, publicador }
    }

    /// One round; how many transitions were published.
    pub async fn ronda(&self) -> Result<usize, ErrorRepositorio> {
        if !self.publicador.disponible() {
            return Ok(0);
        }
        let pool = &self.arrendamientos.pool;
        let _sin_soltar = self.arrendamientos.publicando.lock().await;
        let Some(tenencia) = self.arrendamientos.vigente() else { return Ok(0) };
        let Some(cursores) = cursores::leer(pool, &tenencia).await? else { return Ok(0) };
        let tramo = self.tramo(&cursores).await?;
        if !self.enviar(&cursores, &tramo).await? {
            return Ok(0);
        }
        let detras = cursores.registro.detras_de(&tramo.registro);
        if detras > 0 && cursores::mover(pool, &cursores.tenencia, &tramo.registro).await? < detras {
            return Ok(rechazar());
        }
        if tramo.vivas.is_some() {
            estados::avanzar(pool, &cursores.tenencia, &tramo.registro).await?;
        }
        metrics::counter!("sagas_transiciones_publicadas_total").increment(tramo.filas.len() as u64);
        Ok(tramo.filas.len())
    }

    async fn tramo(&self, cursores: &Cursores) -> Result<Tramo, ErrorRepositorio> {
        let pool = &self.arrendamientos.pool;
        let filas = cursores::por_publicar(pool, cursores, LOTE as i64).await?;
        medir_atraso(&filas);
        let registro = alcance(&filas, cursores)?;
        let vivas = if cursores.tocan_estados && cursores.estados.detras_de(&registro) > 0 {
            Some(estados::vivas(pool, &cursores.estados, &registro).await?)
        } else {
            None
        };
        Ok(Tramo { filas, registro, vivas })
    }

    /// Whether all of it is with the broker; what is not, or may not be sent any more, goes in another round.
    async fn enviar(&self, cursores: &Cursores, tramo: &Tramo) -> Result<bool, ErrorRepositorio> {
        let mut mensajes = tramo.filas.chunks(POR_MENSAJE).map(registro).collect::<Result<Vec<_>, _>>()?;
        if !tramo.filas.is_empty() {
            mensajes.extend(estados::terminadas(&self.arrendamientos.pool, &tramo.filas).await?);
        }
        mensajes.extend(tramo.vivas.iter().flatten().cloned());
        if mensajes.is_empty() {
            return Ok(true);
        }
        let plazo = self.arrendamientos.plazo(&cursores.tenencia).await?;
        if plazo.is_none_or(|plazo| Instant::now() >= plazo) {
            rechazar();
            return Ok(false);
        }
        Ok(self.publicador.publicar(mensajes).await.iter().all(Result::is_ok))
    }
}

/// Where the cursors of the log stand once these rows are published: at the last of them, or, if they are all there
/// is, at the horizon; a horizon without rows is not worth a write until it is far away.
fn alcance(filas: &[FilaLog], cursores: &Cursores) -> Result<Lugares, ErrorRepositorio> {
    let lejos = cursores.registro.primero().is_some_and(|primero| primero.tx + REZAGO < cursores.horizonte.tx);
    Ok(match filas.last() {
        Some(fila) if filas.len() == LOTE => {
            let tx = fila.tx.parse().map_err(de_datos)?;
            cursores.registro.al_menos(Lugar { tx, saga: fila.saga, version: fila.version })
        }
        None if !lejos => cursores.registro,
        _ => cursores.registro.al_menos(cursores.horizonte),
    })
}

/// Another instance holds some partition now, or is about to: it publishes the range.
fn rechazar() -> usize {
    metrics::counter!("sagas_rechazos_de_cerca_total", "que" => "publicacion").increment(1);
    tracing::warn!("a range of the saga log was left to whoever holds its partitions now");
    0
}

/// How long the oldest transition has been waiting.
fn medir_atraso(filas: &[FilaLog]) {
    let espera = filas.first().map(|fila| contratos::ahora() - fila.instante);
    let segundos = espera.map_or(0.0, |espera| espera.num_milliseconds() as f64 / 1000.0);
    metrics::gauge!("sagas_publicacion_atraso_segundos").set(segundos);
}

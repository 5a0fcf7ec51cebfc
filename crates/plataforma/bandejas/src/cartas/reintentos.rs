//! The retry loop: gives due letters to the handler of their group until one succeeds or the attempts end.

use std::sync::Arc;
use std::time::Duration;

use mensajeria::{BoxError, Desenlace, ErrorManejo, Manejador, Motivo};
use sqlx::PgPool;
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

use super::CartasMuertas;
use super::carta::CartaGuardada;
use super::turno::{self, INTENTOS};
use crate::ErrorDatos;

pub(super) const PRIMERA_ESPERA: Duration = Duration::from_secs(5);
const ESPERA_MAXIMA: Duration = Duration::from_secs(600);

/// Shorter than the reservation of an attempt.
const LIMITE_DE_MANEJO: Duration = Duration::from_secs(50);

const PAUSA: Duration = Duration::from_secs(1);
const PAUSA_TRAS_FALLO: Duration = Duration::from_secs(5);

enum Resultado {
    Manejada,
    Rechazada(Motivo),
    Fallida(Motivo),
    /// Not the message's fault: the attempt does not count.
    Aplazada,
}

pub(super) async fn ejecutar(cartas: Arc<CartasMuertas>, cierre: CancellationToken) {
    while !cierre.is_cancelled() {
        let pausa = match ronda(&cartas, &cierre).await {
            Ok(()) => PAUSA,
            Err(error) => {
                tracing::warn!(%error, "the retries of dead letters were interrupted");
                PAUSA_TRAS_FALLO
            }
        };
        tokio::select! {
            () = cierre.cancelled() => {}
            () = cartas.pendientes.notified() => {}
            () = tokio::time::sleep(pausa) => {}
        }
    }
}

/// Tries every letter that is due, one by one; a group whose infrastructure fails rests until the next round.
async fn ronda(cartas: &CartasMuertas, cierre: &CancellationToken) -> Result<(), sqlx::Error> {
    turno::enterrar_agotadas(&cartas.pool).await?;
    let mut grupos = cartas.grupos();
    while !cierre.is_cancelled() && !grupos.is_empty() {
        let Some(carta) = turno::tomar(&cartas.pool, &grupos).await? else { break };
        let Some(manejador) = cartas.manejador(&carta.grupo) else { break };
        let resultado = intentar(cartas, manejador, &carta).await;
        if matches!(resultado, Resultado::Aplazada) {
            grupos.retain(|grupo| *grupo != carta.grupo);
        }
        anotar(&cartas.pool, &carta, resultado).await?;
    }
    Ok(())
}

#[tracing::instrument(name = "bandejas.reintentar", skip_all, fields(carta = %carta.id, grupo = %carta.grupo))]
async fn intentar(cartas: &CartasMuertas, manejador: &Arc<dyn Manejador>, carta: &CartaGuardada) -> Resultado {
    let entrante = match carta.abrir(&cartas.cifrador) {
        Ok(entrante) => entrante,
        Err(error) => {
            tracing::error!(%error, "a dead letter cannot be opened");
            return Resultado::Fallida(motivo("ilegible", "the stored message cannot be opened"));
        }
    };
    let manejador = Arc::clone(manejador);
    // A task of its own, so that a panic of the handler ends this attempt and not the loop.
    let manejo = async move { manejador.manejar(std::slice::from_ref(&entrante)).await };
    let mut tarea = tokio::spawn(manejo.in_current_span());
    match tokio::time::timeout(LIMITE_DE_MANEJO, &mut tarea).await {
        Ok(Ok(manejo)) => resultado_de(manejo),
        Ok(Err(_)) => Resultado::Fallida(motivo("panico", "the handler panicked")),
        Err(_) => {
            tarea.abort();
            Resultado::Fallida(motivo("tiempo_agotado", "the handler took too long"))
        }
    }
}

fn resultado_de(manejo: Result<Vec<Desenlace>, ErrorManejo>) -> Resultado {
    match manejo {
        Ok(desenlaces) => match desenlaces.into_iter().next() {
            Some(Desenlace::Hecho) => Resultado::Manejada,
            Some(Desenlace::Rechazado(motivo)) => Resultado::Rechazada(motivo),
            None => Resultado::Fallida(motivo("sin_desenlace", "the handler gave no outcome")),
        },
        Err(ErrorManejo::Infraestructura(error)) => {
            tracing::warn!(%error, "a dead letter waits for the infrastructure");
            Resultado::Aplazada
        }
        Err(ErrorManejo::Datos(error)) => Resultado::Fallida(motivo("error_de_datos", &detalle_seguro(&error))),
    }
}

/// Only this crate's own error is known to name places and no values.
fn detalle_seguro(error: &BoxError) -> String {
    match error.downcast_ref::<ErrorDatos>() {
        Some(error) => error.to_string(),
        None => "the handler failed because of the message".to_owned(),
    }
}

fn motivo(codigo: &'static str, detalle: &str) -> Motivo {
    Motivo { codigo, detalle: detalle.to_owned() }
}

/// 5 s, 10 s, 20 s ... and never more than ten minutes.
fn espera(intentos: i32) -> Duration {
    let doblado = 2_u32.checked_pow(intentos.unsigned_abs().saturating_sub(1));
    let espera = doblado.and_then(|factor| PRIMERA_ESPERA.checked_mul(factor));
    espera.map_or(ESPERA_MAXIMA, |espera| espera.min(ESPERA_MAXIMA))
}

/// Writes the outcome down. Success always counts; another outcome only if nobody restarted the letter meanwhile.
async fn anotar(pool: &PgPool, carta: &CartaGuardada, resultado: Resultado) -> Result<(), sqlx::Error> {
    let etiqueta = match resultado {
        Resultado::Manejada => {
            turno::marcar_reenviada(pool, carta).await?;
            "manejada"
        }
        Resultado::Rechazada(motivo) => {
            tracing::warn!(carta = %carta.id, codigo = motivo.codigo, "a dead letter was rejected");
            turno::marcar_fallo(pool, carta, &motivo, None).await?;
            "rechazada"
        }
        Resultado::Fallida(motivo) => {
            let proxima = (carta.intentos < INTENTOS).then(|| espera(carta.intentos));
            tracing::warn!(carta = %carta.id, codigo = motivo.codigo, ?proxima, "the retry of a dead letter failed");
            turno::marcar_fallo(pool, carta, &motivo, proxima).await?;
            "fallida"
        }
        Resultado::Aplazada => {
            turno::aplazar(pool, carta).await?;
            "aplazada"
        }
    };
    metrics::counter!("bandejas_reintentos_total", "grupo" => carta.grupo.clone(), "resultado" => etiqueta)
        .increment(1);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn la_espera_se_dobla_hasta_diez_minutos() {
        assert_eq!([1, 2, 3].map(espera), [5, 10, 20].map(Duration::from_secs));
        assert_eq!(espera(9), ESPERA_MAXIMA);
        assert_eq!(espera(i32::MAX), ESPERA_MAXIMA);
    }
}

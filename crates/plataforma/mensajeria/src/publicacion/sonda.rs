use std::sync::Arc;
use std::time::Duration;

use contratos::temas;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::tema::Entorno;
use crate::cliente::acotar_aparte;
use crate::error::ErrorMensajeria;

const CADA: Duration = Duration::from_millis(500);
const PLAZO: Duration = Duration::from_secs(3);

/// Asks the broker for something small whenever nothing else proved lately that it answers.
pub(super) async fn vigilar(entorno: Arc<Entorno>, cierre: CancellationToken) {
    let ronda = async {
        let mut exitos = None;
        loop {
            let antes = entorno.salud.exitos();
            if exitos.is_none_or(|exitos| exitos == antes) {
                match preguntar(&entorno).await {
                    Ok(()) => entorno.salud.exito(),
                    Err(error) => entorno.salud.fallo(&error, antes),
                }
            }
            exitos = Some(entorno.salud.exitos());
            sleep(CADA).await;
        }
    };
    cierre.run_until_cancelled_owned(ronda).await;
}

/// A refusal is an answer too. The client's own ping is not used: two at a time break the connection.
async fn preguntar(entorno: &Entorno) -> Result<(), ErrorMensajeria> {
    let Some(tema) = temas::TEMAS.first() else { return Ok(()) };
    let vivo = entorno.cliente.obtener().await?;
    let (pulsar, completo) = (vivo.pulsar.clone(), entorno.nombre_completo(tema.nombre));
    let pregunta = async move { pulsar.lookup_partitioned_topic_number(completo).await };
    match acotar_aparte(PLAZO, pregunta).await {
        Err(error) if error.es_de_conexion() => {
            entorno.cliente.descartar(&vivo).await;
            Err(error)
        }
        _ => Ok(()),
    }
}

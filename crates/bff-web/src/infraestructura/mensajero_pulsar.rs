use super::comandos::escribir;
use crate::aplicacion::{ErrorMensajero, Mensajero, Orden};
use async_trait::async_trait;
use mensajeria::{ErrorPublicacion, Publicar, fallos};
use std::sync::Arc;
use std::time::Duration;

/// How long a caller waits for the broker's word.
const PLAZO_DEL_RECIBO: Duration = Duration::from_secs(2);

/// Publishes orders on Pulsar.
pub struct MensajeroPulsar {
    publicador: Arc<dyn Publicar>,
}

impl MensajeroPulsar {
    pub fn nuevo(publicador: Arc<dyn Publicar>) -> Self {
        Self { publicador }
    }
}

#[async_trait]
impl Mensajero for MensajeroPulsar {
    #[tracing::instrument(name = "pulsar.comando.publicar", skip_all, fields(orden.id = %orden.id))]
    async fn publicar(&self, orden: &Orden) -> Result<(), ErrorMensajero> {
        if !self.publicador.disponible() {
            return Err(ErrorMensajero::NoDisponible);
        }
        let saliente =
            escribir(orden, contratos::ahora()).map_err(|error| ErrorMensajero::Codificacion(error.into()))?;
        fallos::punto("antes-de-publicar").await;
        // A task of its own: the publisher learns how the message ended even after nobody waits for it.
        let publicador = self.publicador.clone();
        let envio = tokio::spawn(async move { publicador.publicar(vec![saliente]).await });
        let respuestas = tokio::time::timeout(PLAZO_DEL_RECIBO, envio).await;
        leer_recibo(respuestas.unwrap_or_else(|_| Ok(Vec::new())).unwrap_or_default())?;
        fallos::punto("tras-publicar").await;
        Ok(())
    }
}

/// No answer, for whatever reason, leaves open whether the message was stored.
fn leer_recibo(respuestas: Vec<Result<(), ErrorPublicacion>>) -> Result<(), ErrorMensajero> {
    match respuestas.into_iter().next() {
        Some(Ok(())) => Ok(()),
        None | Some(Err(ErrorPublicacion::Desconocido(_))) => Err(ErrorMensajero::SinRecibo),
        Some(Err(ErrorPublicacion::NoDisponible)) => Err(ErrorMensajero::NoDisponible),
        Some(Err(error @ (ErrorPublicacion::EsquemaIncompatible(_) | ErrorPublicacion::SinEsquema(_)))) => {
            Err(ErrorMensajero::Rechazado(error.into()))
        }
    }
}

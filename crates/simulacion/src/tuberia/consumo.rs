use async_trait::async_trait;

use super::{Bus, Entrega, Via};
use crate::Defecto;

/// Most messages that are handled together.
const LOTE: u64 = 6;
/// How long a message that could not be handled is set aside.
const APARTADO_MS: i64 = 4_000;

/// Why a batch was not handled.
#[derive(Debug, thiserror::Error)]
pub enum Fallo {
    /// The same batch goes again after a pause.
    #[error("something outside failed")]
    Infraestructura,
    /// The batch is halved until the culprit stands alone, and is set aside.
    #[error("some message cannot be handled")]
    Datos,
}

#[async_trait]
pub trait Manejador: Send + Sync {
    async fn manejar(&self, lote: &[Entrega]) -> Result<(), Fallo>;
}

/// Consumes a subscription for ever: a message is acknowledged when its effects are committed.
pub async fn consumir(via: Via, bus: Bus, cola: &'static str, manejador: Box<dyn Manejador>, defecto: Defecto) {
    loop {
        let lote = bus.recibir(cola, via.proceso, LOTE).await;
        if defecto == Defecto::AcuseAntesDeGuardar {
            lote.iter().for_each(|entrega| bus.acusar(cola, entrega));
        }
        let mut partes = vec![lote];
        while let Some(mut parte) = partes.pop() {
            match insistir(&via, manejador.as_ref(), &parte, defecto).await {
                Ok(()) => acusar(&via, &bus, cola, &parte).await,
                Err(_) if parte.len() > 1 => {
                    let resto = parte.split_off(parte.len() / 2);
                    partes.extend([resto, parte]);
                }
                Err(_) => {
                    via.anotar(format_args!("aparta un mensaje de {cola}"));
                    via.nucleo.contar("mensaje apartado");
                    parte.iter().for_each(|entrega| bus.aparcar(cola, entrega, APARTADO_MS));
                }
            }
        }
    }
}

/// Tries until the store answers; an error is about the data.
async fn insistir(via: &Via, manejador: &dyn Manejador, lote: &[Entrega], defecto: Defecto) -> Result<(), Fallo> {
    let mut espera = 50;
    loop {
        match manejador.manejar(lote).await {
            Err(Fallo::Infraestructura) if defecto == Defecto::AcuseAunqueFalle => return Ok(()),
            Err(Fallo::Infraestructura) => {
                via.nucleo.dormir(espera).await;
                espera = (espera * 2).min(2_000);
            }
            otro => return otro,
        }
    }
}

async fn acusar(via: &Via, bus: &Bus, cola: &'static str, lote: &[Entrega]) {
    for entrega in lote {
        via.paso().await;
        bus.acusar(cola, entrega);
    }
}

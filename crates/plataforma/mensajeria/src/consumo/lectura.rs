use std::sync::Arc;
use std::time::Duration;

use contratos::id_nuevo;
use futures::StreamExt;
use pulsar::consumer::InitialPosition;
use pulsar::{Consumer, ConsumerOptions, SubType, TokioExecutor};
use tokio::time::timeout;

use super::entrante::Entrante;
use super::esquemas::Esquemas;
use crate::cliente::{Cliente, PLAZO_OPERACION, acotar, acotar_aparte};
use crate::error::ErrorMensajeria;

/// How long the next message may take while there is one.
const PLAZO: Duration = Duration::from_secs(20);

/// How many messages the broker may send ahead.
const ADELANTO: u32 = 1000;

/// What a topic holds: from its first message to the last one that it had when the reading began.
///
/// It leaves no trace: the subscription is nobody else's, and ends with the reading. After a reconnection messages
/// may come again.
pub struct Lectura {
    tema: Arc<str>,
    consumidor: Consumer<Vec<u8>, TokioExecutor>,
    esquemas: Esquemas,
    /// Ledger and entry of the last message; `None` once it was read.
    fin: Option<(u64, u64)>,
    /// The last one that came.
    leido: Option<(u64, u64)>,
}

impl Lectura {
    /// With `compactada` only the last message of each key is read, as far as the broker has compacted.
    pub(crate) async fn abrir(
        cliente: &Cliente,
        tema: &str,
        completo: &str,
        compactada: bool,
    ) -> Result<Self, ErrorMensajeria> {
        let vivo = cliente.obtener().await?;
        let opciones = ConsumerOptions::default()
            .durable(false)
            .with_initial_position(InitialPosition::Earliest)
            .read_compacted(compactada)
            .with_receiver_queue_size(ADELANTO);
        let consumidor = vivo
            .pulsar
            .consumer()
            .with_topic(completo)
            .with_subscription(format!("lectura-{}", id_nuevo()))
            .with_subscription_type(SubType::Exclusive)
            .with_batch_size(ADELANTO)
            .with_options(opciones)
            .build();
        let mut consumidor: Consumer<Vec<u8>, TokioExecutor> = acotar_aparte(PLAZO_OPERACION, consumidor).await?;
        let ultimos = acotar(PLAZO_OPERACION, consumidor.get_last_message_id()).await?;
        // The broker speaks of entry -1 of a topic that has none.
        let fin = ultimos.first().filter(|id| id.entry_id != u64::MAX).map(|id| (id.ledger_id, id.entry_id));
        Ok(Self { tema: Arc::from(tema), consumidor, esquemas: Esquemas::default(), fin, leido: None })
    }

    /// The next message, in the order of the topic; `None` after the last one.
    pub async fn siguiente(&mut self) -> Result<Option<Entrante>, ErrorMensajeria> {
        let Some(fin) = self.fin else { return Ok(None) };
        let mensaje = match timeout(PLAZO, self.consumidor.next()).await {
            Ok(Some(mensaje)) => mensaje?,
            Ok(None) => return Err(ErrorMensajeria::FinDeFlujo),
            Err(_) => {
                tracing::warn!(tema = %self.tema, fin = ?self.fin, leido = ?self.leido, "the end of a topic does not come");
                return Err(ErrorMensajeria::Plazo(PLAZO));
            }
        };
        let version = mensaje.payload.metadata.schema_version.as_deref();
        let escritor = self.esquemas.escritor(&mut self.consumidor, &mensaje.topic, version).await?;
        let (id, miembros) = (&mensaje.message_id.id, mensaje.message_id.batch_size.unwrap_or(1));
        self.leido = Some((id.ledger_id, id.entry_id));
        let es_el_ultimo_de_su_entrada = id.batch_index.unwrap_or(-1) + 1 >= miembros || miembros == 1;
        if (id.ledger_id, id.entry_id) >= fin && es_el_ultimo_de_su_entrada {
            self.fin = None;
        }
        Ok(Some(Entrante::de(&self.tema, mensaje, escritor)))
    }
}

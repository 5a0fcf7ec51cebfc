use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures::StreamExt;
use pulsar::consumer::{InitialPosition, Message};
use pulsar::proto::MessageIdData;
use pulsar::{Consumer, ConsumerOptions, SubType, TokioExecutor};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until, timeout, timeout_at};
use tokio_util::sync::CancellationToken;

use super::entrante::{Entrante, Llegado, Posicion, Recibo};
use super::entregas::{Acuse, Entregas, Llegada};
use super::esquemas::Esquemas;
use super::sospecha::Sospecha;
use crate::cliente::{Cliente, PLAZO_OPERACION, Vivo, acotar, acotar_aparte};
use crate::error::ErrorMensajeria;
use crate::espera::Espera;

/// After this long without a message the broker is asked whether it still knows the consumer.
const OCIO: Duration = Duration::from_secs(20);
const PLAZO_SONDEO: Duration = Duration::from_secs(5);

/// A session that lasted this long was good: the next failure starts from the shortest pause.
const ESTABLE: Duration = Duration::from_secs(5);

/// How long finishing what is in hand may take when the process closes.
const PLAZO_DESPEDIDA: Duration = Duration::from_secs(20);

type Consumidor = Consumer<Vec<u8>, TokioExecutor>;

/// What can happen to a subscription.
enum Suceso {
    Cierre,
    SinGrupo,
    Terminado(Posicion),
    Encolado,
    Mensaje(Option<Result<Box<Message<Vec<u8>>>, ErrorMensajeria>>),
    Ocio,
}

/// What the readiness check sees of a subscription.
pub(crate) struct Estado {
    tema: String,
    suscrito: AtomicBool,
}

impl Estado {
    pub(crate) fn nuevo(tema: &str) -> Arc<Self> {
        Arc::new(Self { tema: tema.to_owned(), suscrito: AtomicBool::new(false) })
    }

    pub(crate) fn falta(&self) -> Option<String> {
        (!self.suscrito.load(Ordering::Relaxed)).then(|| self.tema.clone())
    }
}

/// The one task that owns the consumer of a topic: it fills the group's queue and sends the
/// acknowledgements, and makes the consumer again whenever it fails.
pub(crate) struct Suscripcion {
    tema: Arc<str>,
    completo: String,
    nombre: String,
    cliente: Cliente,
    estado: Arc<Estado>,
    cierre: CancellationToken,
    cola: mpsc::Sender<Llegado>,
    /// A message taken from the client that the queue had no room for.
    en_mano: Option<Llegado>,
    terminador: mpsc::UnboundedSender<Posicion>,
    terminados: mpsc::UnboundedReceiver<Posicion>,
    entregas: Entregas,
    esquemas: Esquemas,
    sospecha: Sospecha,
    /// How many messages the broker may send ahead, and how many the client keeps.
    adelanto: u32,
}

impl Suscripcion {
    pub(crate) fn nueva(
        (tema, completo, nombre): (&str, String, String),
        cliente: Cliente,
        estado: Arc<Estado>,
        cola: mpsc::Sender<Llegado>,
        (margen, adelanto): (usize, u32),
        cierre: CancellationToken,
    ) -> Self {
        let (terminador, terminados) = mpsc::unbounded_channel();
        Self {
            tema: Arc::from(tema),
            completo,
            nombre,
            cliente,
            estado,
            cierre,
            cola,
            en_mano: None,
            terminador,
            terminados,
            entregas: Entregas::default(),
            esquemas: Esquemas::default(),
            sospecha: Sospecha::nueva(contratos::ahora(), margen),
            adelanto,
        }
    }

    pub(crate) async fn supervisar(mut self) {
        let cierre = self.cierre.clone();
        let mut espera = Espera::nueva(Duration::from_millis(50), Duration::from_secs(2));
        loop {
            let inicio = Instant::now();
            let error = match cierre.run_until_cancelled(self.suscribir()).await {
                None => return,
                Some(Err(error)) => error,
                Some(Ok((vivo, mut consumidor))) => {
                    tracing::info!(tema = self.tema.as_ref(), "subscribed");
                    self.estado.suscrito.store(true, Ordering::Relaxed);
                    let Err(error) = self.consumir(&mut consumidor).await else {
                        return self.despedirse(consumidor).await;
                    };
                    if error.es_de_conexion() {
                        self.cliente.descartar(&vivo).await;
                    }
                    error
                }
            };
            let estaba = self.estado.suscrito.swap(false, Ordering::Relaxed);
            if inicio.elapsed() > ESTABLE {
                espera.reiniciar();
            }
            self.avisar(&error, estaba || espera.al_principio());
            if !espera.pausar(&cierre).await {
                return;
            }
        }
    }

    /// An outage is told once, not at each attempt.
    fn avisar(&self, error: &ErrorMensajeria, primero: bool) {
        metrics::counter!("mensajeria_reconstrucciones_total", "lado" => "consumo").increment(1);
        let tema = self.tema.as_ref();
        if primero {
            tracing::warn!(tema, %error, "the subscription failed; making it again");
        } else {
            tracing::debug!(tema, %error, "the subscription cannot be made yet");
        }
    }

    async fn suscribir(&self) -> Result<(Vivo, Consumidor), ErrorMensajeria> {
        let vivo = self.cliente.obtener().await?;
        let opciones = ConsumerOptions::default()
            .durable(true)
            .with_initial_position(InitialPosition::Earliest)
            .with_receiver_queue_size(self.adelanto);
        let consumidor = vivo
            .pulsar
            .consumer()
            .with_topic(&self.completo)
            .with_subscription(&self.nombre)
            .with_subscription_type(SubType::Shared)
            .with_batch_size(self.adelanto)
            .with_options(opciones)
            .build();
        let consumidor = acotar_aparte(PLAZO_OPERACION, consumidor).await;
        if consumidor.as_ref().is_err_and(ErrorMensajeria::es_de_conexion) {
            self.cliente.descartar(&vivo).await;
        }
        Ok((vivo, consumidor?))
    }

    /// One session; ends well only because the process closes.
    async fn consumir(&mut self, consumidor: &mut Consumidor) -> Result<(), ErrorMensajeria> {
        let mut sondeo = Instant::now() + OCIO;
        loop {
            match self.suceso(consumidor, sondeo).await {
                Suceso::Cierre => return Ok(()),
                Suceso::SinGrupo => return Err(ErrorMensajeria::Interrumpido),
                Suceso::Terminado(posicion) => {
                    if let Some(acuse) = self.entregas.terminar(posicion) {
                        confirmar(consumidor, acuse).await?;
                    }
                    continue;
                }
                Suceso::Encolado => {}
                Suceso::Mensaje(None) => return Err(ErrorMensajeria::FinDeFlujo),
                Suceso::Mensaje(Some(Ok(mensaje))) => self.recibir(consumidor, *mensaje).await?,
                Suceso::Mensaje(Some(Err(error))) => self.tolerar(error)?,
                Suceso::Ocio => sondear(consumidor).await?,
            }
            sondeo = Instant::now() + OCIO;
        }
    }

    /// Acknowledgements never wait for room in the queue, nor messages for acknowledgements.
    async fn suceso(&mut self, consumidor: &mut Consumidor, sondeo: Instant) -> Suceso {
        let libre = self.en_mano.is_none();
        tokio::select! {
            biased;
            () = self.cierre.cancelled() => Suceso::Cierre,
            Some(posicion) = self.terminados.recv() => Suceso::Terminado(posicion),
            sitio = self.cola.reserve(), if !libre => match (sitio, self.en_mano.take()) {
                (Ok(sitio), Some(llegado)) => {
                    sitio.send(llegado);
                    Suceso::Encolado
                }
                _ => Suceso::SinGrupo,
            },
            mensaje = consumidor.next(), if libre => {
                Suceso::Mensaje(mensaje.map(|mensaje| mensaje.map(Box::new).map_err(ErrorMensajeria::from)))
            }
            () = sleep_until(sondeo), if libre => Suceso::Ocio,
        }
    }

    async fn recibir(&mut self, consumidor: &mut Consumidor, mensaje: Message<Vec<u8>>) -> Result<(), ErrorMensajeria> {
        let version = mensaje.payload.metadata.schema_version.as_deref();
        let escritor = self.esquemas.escritor(consumidor, &mensaje.topic, version).await?;
        let posicion = Posicion::de(&mensaje);
        let id = mensaje.message_id.id.clone();
        let miembros = usize::try_from(mensaje.message_id.batch_size.unwrap_or(1)).unwrap_or(1);
        let particion = id.partition.unwrap_or(-1);
        let acuse = Acuse { tema: mensaje.topic.clone(), id: MessageIdData { batch_index: None, ..id } };
        match self.entregas.recibir(posicion, miembros, acuse) {
            Llegada::EnCurso => return Ok(()),
            Llegada::Terminada(acuse) => return confirmar(consumidor, acuse).await,
            Llegada::Nueva => {}
        }
        let entrante = Entrante::de(&self.tema, mensaje, escritor);
        let recibo = Recibo { posicion, terminados: self.terminador.clone() };
        let sospechoso = self.sospecha.recae_en(particion, posicion, entrante.publicado);
        self.en_mano = Some(Llegado { entrante, recibo, sospechoso });
        Ok(())
    }

    /// An entry that cannot be read must not stop the others; it stays in the subscription's backlog.
    fn tolerar(&self, error: ErrorMensajeria) -> Result<(), ErrorMensajeria> {
        if !error.es_de_una_entrada() {
            return Err(error);
        }
        let tema = self.tema.as_ref();
        tracing::error!(tema, %error, "an entry cannot be read");
        metrics::counter!("mensajeria_entradas_ilegibles_total").increment(1);
        Ok(())
    }

    /// Takes no more messages, but acknowledges what the handler still finishes, and says goodbye.
    async fn despedirse(self, mut consumidor: Consumidor) {
        let Self { tema, cola, en_mano, terminador, mut terminados, mut entregas, .. } = self;
        drop((cola, en_mano, terminador));
        let limite = Instant::now() + PLAZO_DESPEDIDA;
        loop {
            // The client sends no acknowledgement while nobody takes its messages.
            let paso = async {
                tokio::select! {
                    posicion = terminados.recv() => posicion.map(Some),
                    Some(_) = consumidor.next() => Some(None),
                }
            };
            let Ok(Some(posicion)) = timeout_at(limite, paso).await else { break };
            if let Some(acuse) = posicion.and_then(|posicion| entregas.terminar(posicion))
                && confirmar(&mut consumidor, acuse).await.is_err()
            {
                break;
            }
        }
        if !matches!(timeout(PLAZO_SONDEO, consumidor.close()).await, Ok(Ok(()))) {
            tracing::debug!(%tema, "the consumer could not say goodbye");
        }
    }
}

async fn confirmar(consumidor: &mut Consumidor, acuse: Acuse) -> Result<(), ErrorMensajeria> {
    let hecho = consumidor.ack_with_id(&acuse.tema, acuse.id).await;
    hecho.map_err(|error| pulsar::Error::from(error).into())
}

/// Asks the broker about the consumer. The client's own ping is not used: it only proves the connection,
/// and two at a time break it.
async fn sondear(consumidor: &mut Consumidor) -> Result<(), ErrorMensajeria> {
    for respuesta in acotar(PLAZO_SONDEO, consumidor.get_stats()).await? {
        if respuesta.error_code.is_some() {
            return Err(ErrorMensajeria::ConsumidorPerdido);
        }
        if respuesta.available_permits == Some(0) {
            return Err(ErrorMensajeria::ConsumidorAtascado);
        }
    }
    Ok(())
}

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use contratos::Saliente;
use futures::future::join_all;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::sonda;
use super::tema::{Destino, EnVuelo, Entorno, Pedido, Tema};
use crate::cliente::Cliente;
use crate::error::{ErrorMensajeria, ErrorPublicacion};

/// How long a call waits for its receipts.
const PLAZO: Duration = Duration::from_secs(10);

/// How many messages of one topic wait to be handed to the client.
const CUPO: usize = 1024;

/// Sends messages to their topics.
#[async_trait]
pub trait Publicar: Send + Sync {
    /// One answer per message, in order; `Ok` once the broker stored it. An error means that it may or may
    /// not be stored: send it again with the same id. Answers within about ten seconds.
    async fn publicar(&self, mensajes: Vec<Saliente>) -> Vec<Result<(), ErrorPublicacion>>;

    /// `false` while the broker is known to be down; then `publicar` refuses without sending.
    fn disponible(&self) -> bool;
}

/// One producer per topic and schema, made when it is first needed and made again after each failure.
#[derive(Clone)]
pub struct Publicador {
    entorno: Arc<Entorno>,
    temas: Arc<Mutex<HashMap<Destino, mpsc::Sender<Pedido>>>>,
}

impl Publicador {
    pub(crate) fn nuevo(url: &str, espacio: &str, tareas: &TaskTracker, cierre: &CancellationToken) -> Self {
        let entorno = Arc::new(Entorno::nuevo(Cliente::nuevo(url), espacio));
        tareas.spawn(sonda::vigilar(Arc::clone(&entorno), cierre.clone()));
        Self { entorno, temas: Arc::default() }
    }

    /// Tells an Avro schema of a topic: what names it is published with it. For a topic that is not in the table the
    /// last one told also serves what names none.
    pub fn registrar_esquema(&self, tema: &str, avsc: &Arc<str>) {
        self.entorno.registrar_esquema(tema, avsc);
    }

    /// Makes the producers of these topics ahead of their first message, and keeps the process from being
    /// ready until they exist.
    pub fn preparar<'a>(&self, temas: impl IntoIterator<Item = &'a str>) {
        for tema in temas {
            self.entorno.salud.esperar_productor(tema);
            let destino = Destino { tema: tema.to_owned(), esquema: None };
            if self.cola(destino).try_send(Pedido::Preparar).is_err() {
                tracing::debug!(tema, "the topic is busy: its producer is being made already");
            }
        }
    }

    pub(crate) fn comprobar(&self) -> Result<(), ErrorMensajeria> {
        self.entorno.salud.comprobar()
    }

    /// The task of a topic and schema, started when first asked for; it ends when nobody can publish any more.
    fn cola(&self, destino: Destino) -> mpsc::Sender<Pedido> {
        let mut temas = self.temas.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(cola) = temas.get(&destino) {
            return cola.clone();
        }
        let (cola, pedidos) = mpsc::channel(CUPO);
        tokio::spawn(Tema::nuevo(destino.clone(), Arc::clone(&self.entorno)).atender(pedidos));
        temas.insert(destino, cola.clone());
        cola
    }

    async fn entregar(&self, mensaje: Saliente, limite: Instant) -> Result<Acuse, ErrorPublicacion> {
        if !self.disponible() {
            return Err(ErrorPublicacion::NoDisponible);
        }
        let (tema, exitos) = (mensaje.tema.clone(), self.entorno.salud.exitos());
        let destino = Destino { tema: tema.clone(), esquema: mensaje.esquema().map(str::to_owned) };
        let (responder, respuesta) = oneshot::channel();
        let pedido = Pedido::Enviar { mensaje, limite, responder };
        match timeout_at(limite, self.cola(destino).send(pedido)).await {
            Ok(Ok(())) => Ok(Acuse { tema, respuesta, exitos }),
            Ok(Err(_)) => Err(ErrorPublicacion::Desconocido(ErrorMensajeria::Interrumpido)),
            Err(_) => Err(ErrorPublicacion::NoDisponible),
        }
    }

    async fn esperar(
        &self,
        entregado: Result<Acuse, ErrorPublicacion>,
        limite: Instant,
    ) -> Result<(), ErrorPublicacion> {
        let Acuse { tema, respuesta, exitos } = entregado?;
        let en_vuelo = match timeout_at(limite, respuesta).await {
            Ok(Ok(en_vuelo)) => en_vuelo?,
            Ok(Err(_)) => return Err(ErrorPublicacion::Desconocido(ErrorMensajeria::Interrumpido)),
            Err(_) => return Err(ErrorPublicacion::Desconocido(ErrorMensajeria::Plazo(PLAZO))),
        };
        match recibir(en_vuelo, limite).await {
            Ok(()) => {
                self.entorno.salud.exito();
                metrics::counter!("mensajeria_publicados_total", "tema" => tema).increment(1);
                Ok(())
            }
            Err(error) => {
                self.entorno.salud.fallo(&error, exitos);
                Err(ErrorPublicacion::Desconocido(error))
            }
        }
    }
}

/// A message in the hands of its topic's task.
struct Acuse {
    tema: String,
    respuesta: oneshot::Receiver<Result<EnVuelo, ErrorPublicacion>>,
    exitos: u64,
}

/// Waits for the receipt of one message; an answer that is not a stored position breaks its producer.
async fn recibir(en_vuelo: EnVuelo, limite: Instant) -> Result<(), ErrorMensajeria> {
    let EnVuelo { recibo, marca, recibidos } = en_vuelo;
    let error = match timeout_at(limite, recibo).await {
        Ok(Ok(recibo)) if recibo.message_id.as_ref().is_some_and(|id| id.ledger_id != u64::MAX) => {
            marca.recibir();
            return Ok(());
        }
        Ok(Ok(_)) => ErrorMensajeria::NoAlmacenado,
        Ok(Err(error)) => ErrorMensajeria::from(error),
        Err(_) => return Err(marca.tardanza(recibidos, PLAZO)),
    };
    marca.romper();
    Err(error)
}

#[async_trait]
impl Publicar for Publicador {
    async fn publicar(&self, mensajes: Vec<Saliente>) -> Vec<Result<(), ErrorPublicacion>> {
        let limite = Instant::now() + PLAZO;
        let mut entregados = Vec::with_capacity(mensajes.len());
        for mensaje in mensajes {
            entregados.push(self.entregar(mensaje, limite).await);
        }
        let respuestas = join_all(entregados.into_iter().map(|entregado| self.esperar(entregado, limite))).await;
        let fallidos = respuestas.iter().filter(|respuesta| respuesta.is_err()).count();
        metrics::counter!("mensajeria_no_publicados_total").increment(fallidos as u64);
        respuestas
    }

    fn disponible(&self) -> bool {
        self.entorno.salud.disponible()
    }
}

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use contratos::{Saliente, temas};
use pulsar::producer::{Message, SendFuture};
use pulsar::proto::{Schema, schema};
use pulsar::routing_policy::RoutingPolicy;
use pulsar::{Producer, ProducerOptions, TokioExecutor};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep_until, timeout_at};

use super::salud::Salud;
use crate::cliente::{Cliente, PLAZO_OPERACION, acotar_aparte};
use crate::error::{ErrorMensajeria, ErrorPublicacion};
use crate::espera::Espera;

/// How often a topic whose schema the broker refuses is tried again, should somebody mend the registry.
const PAUSA_INCOMPATIBLE: Duration = Duration::from_secs(30);

/// What every topic of one publisher shares.
pub(super) struct Entorno {
    pub(super) cliente: Cliente,
    pub(super) salud: Salud,
    espacio: String,
    esquemas: Mutex<HashMap<Destino, Arc<str>>>,
}

/// A topic and, by its digest, the schema of what is sent there; `None`: the table's, or the last one registered.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Destino {
    pub(super) tema: String,
    pub(super) esquema: Option<String>,
}

impl Entorno {
    pub(super) fn nuevo(cliente: Cliente, espacio: &str) -> Self {
        Self { cliente, salud: Salud::default(), espacio: espacio.to_owned(), esquemas: Mutex::default() }
    }

    pub(super) fn nombre_completo(&self, tema: &str) -> String {
        format!("persistent://{}/{tema}", self.espacio)
    }

    pub(super) fn registrar_esquema(&self, tema: &str, avsc: &Arc<str>) {
        let huella = serde_json::from_str(avsc).ok().map(|esquema| contratos::huella(&esquema));
        let mut esquemas = self.esquemas.lock().unwrap_or_else(PoisonError::into_inner);
        for esquema in [None, huella] {
            esquemas.insert(Destino { tema: tema.to_owned(), esquema }, Arc::clone(avsc));
        }
    }

    fn registrado(&self, destino: &Destino) -> Option<Arc<str>> {
        self.esquemas.lock().unwrap_or_else(PoisonError::into_inner).get(destino).cloned()
    }
}

/// What a topic's task is asked for.
pub(super) enum Pedido {
    Preparar,
    Enviar { mensaje: Saliente, limite: Instant, responder: oneshot::Sender<Result<EnVuelo, ErrorPublicacion>> },
}

/// A message that the client took; its receipt comes later.
pub(super) struct EnVuelo {
    pub(super) recibo: SendFuture,
    pub(super) marca: Marca,
    /// How many receipts had come when it was sent.
    pub(super) recibidos: u64,
}

/// How a producer is doing, shared with those who await its receipts.
#[derive(Clone, Default)]
pub(super) struct Marca(Arc<Avance>);

#[derive(Default)]
struct Avance {
    recibidos: AtomicU64,
    roto: AtomicBool,
}

impl Marca {
    pub(super) fn recibir(&self) {
        self.0.recibidos.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn romper(&self) {
        self.0.roto.store(true, Ordering::Relaxed);
    }

    /// What a receipt that did not come within `plazo` means. It breaks the producer only if no other came
    /// meanwhile: making producers again is no cure for a broker that cannot keep up.
    pub(super) fn tardanza(&self, recibidos: u64, plazo: Duration) -> ErrorMensajeria {
        if self.recibidos() != recibidos {
            return ErrorMensajeria::AcuseTardio;
        }
        self.romper();
        ErrorMensajeria::Plazo(plazo)
    }

    fn recibidos(&self) -> u64 {
        self.0.recibidos.load(Ordering::Relaxed)
    }

    fn rota(&self) -> bool {
        self.0.roto.load(Ordering::Relaxed)
    }
}

/// The one task that owns the producer of a topic and schema. Receipts are awaited by whoever asked.
pub(super) struct Tema {
    destino: Destino,
    /// The schema of the table, which no registration replaces.
    propio: Option<Arc<str>>,
    entorno: Arc<Entorno>,
    activo: Option<Activo>,
    preparar: bool,
    espera: Espera,
    pausa: Option<Pausa>,
}

struct Activo {
    productor: Producer<TokioExecutor>,
    avsc: Arc<str>,
    marca: Marca,
}

/// Until when requests are refused without asking the broker.
struct Pausa {
    hasta: Instant,
    /// The schema that the broker refused, if that is the reason.
    rechazado: Option<Arc<str>>,
}

impl Tema {
    pub(super) fn nuevo(destino: Destino, entorno: Arc<Entorno>) -> Self {
        let de_la_tabla = temas::por_nombre(&destino.tema).filter(|_| destino.esquema.is_none());
        Self {
            propio: de_la_tabla.map(|tema| Arc::from(tema.avsc)),
            destino,
            entorno,
            activo: None,
            preparar: false,
            espera: Espera::nueva(Duration::from_millis(50), Duration::from_millis(500)),
            pausa: None,
        }
    }

    pub(super) async fn atender(mut self, mut pedidos: mpsc::Receiver<Pedido>) {
        loop {
            let reintento = self.pausa.as_ref().map_or_else(Instant::now, |pausa| pausa.hasta);
            tokio::select! {
                pedido = pedidos.recv() => match pedido {
                    None => return,
                    Some(Pedido::Preparar) if self.activo.is_some() => self.entorno.salud.hay_productor(&self.destino.tema),
                    Some(Pedido::Preparar) => self.preparar = true,
                    Some(Pedido::Enviar { mensaje, limite, responder }) => {
                        if responder.send(self.enviar(mensaje, limite).await).is_err() {
                            tracing::debug!(tema = self.destino.tema, "nobody waits for the receipt any more");
                        }
                    }
                },
                () = sleep_until(reintento), if self.preparar && self.activo.is_none() => {
                    if let Err(error) = self.asegurar().await {
                        tracing::debug!(tema = self.destino.tema, %error, "the producer cannot be made yet");
                    }
                }
            }
        }
    }

    async fn enviar(&mut self, mensaje: Saliente, limite: Instant) -> Result<EnVuelo, ErrorPublicacion> {
        if Instant::now() >= limite {
            return Err(ErrorPublicacion::NoDisponible);
        }
        let entorno = Arc::clone(&self.entorno);
        let activo = self.asegurar().await?;
        let mensaje = Message {
            payload: mensaje.carga,
            properties: mensaje.propiedades.into_iter().collect(),
            partition_key: Some(mensaje.clave),
            ..Message::default()
        };
        let (marca, recibidos) = (activo.marca.clone(), activo.marca.recibidos());
        let exitos = entorno.salud.exitos();
        let error = match timeout_at(limite, activo.productor.send_non_blocking(mensaje)).await {
            Ok(Ok(recibo)) => return Ok(EnVuelo { recibo, marca, recibidos }),
            Ok(Err(error)) => {
                marca.romper();
                ErrorMensajeria::from(error)
            }
            Err(_) => marca.tardanza(recibidos, PLAZO_OPERACION),
        };
        entorno.salud.fallo(&error, exitos);
        Err(ErrorPublicacion::Desconocido(error))
    }

    /// The producer, made now if there is none fit to use and no pause forbids it.
    async fn asegurar(&mut self) -> Result<&mut Activo, ErrorPublicacion> {
        let Some(avsc) = self.propio.clone().or_else(|| self.entorno.registrado(&self.destino)) else {
            self.pausar(Duration::from_secs(1), None);
            return Err(ErrorPublicacion::SinEsquema(self.destino.tema.clone()));
        };
        let roto = self.activo.take_if(|activo| activo.marca.rota() || activo.avsc != avsc);
        if roto.is_some() {
            metrics::counter!("mensajeria_reconstrucciones_total", "lado" => "publicacion").increment(1);
        }
        if self.activo.is_none() {
            self.respetar_pausa(&avsc)?;
            self.activo = Some(self.crear(avsc).await?);
        }
        self.activo.as_mut().ok_or(ErrorPublicacion::NoDisponible)
    }

    fn respetar_pausa(&self, avsc: &Arc<str>) -> Result<(), ErrorPublicacion> {
        match &self.pausa {
            Some(Pausa { hasta, rechazado }) if Instant::now() < *hasta => match rechazado {
                Some(rechazado) if rechazado == avsc => {
                    Err(ErrorPublicacion::EsquemaIncompatible(self.destino.tema.clone()))
                }
                Some(_) => Ok(()),
                None => Err(ErrorPublicacion::NoDisponible),
            },
            _ => Ok(()),
        }
    }

    async fn crear(&mut self, avsc: Arc<str>) -> Result<Activo, ErrorPublicacion> {
        let exitos = self.entorno.salud.exitos();
        match self.conectar(&avsc).await {
            Ok(productor) => {
                self.espera.reiniciar();
                self.pausa = None;
                self.entorno.salud.hay_productor(&self.destino.tema);
                self.entorno.salud.exito();
                Ok(Activo { productor, avsc, marca: Marca::default() })
            }
            Err(error) if error.es_de_esquema() => {
                let tema = self.destino.tema.clone();
                tracing::error!(tema, %error, "the broker refuses the schema");
                self.entorno.salud.incompatible(&tema);
                self.pausar(PAUSA_INCOMPATIBLE, Some(avsc));
                Err(ErrorPublicacion::EsquemaIncompatible(tema))
            }
            Err(error) => {
                if self.espera.al_principio() {
                    tracing::warn!(tema = self.destino.tema, %error, "the producer could not be made; trying again");
                }
                self.entorno.salud.fallo(&error, exitos);
                let pausa = self.espera.siguiente();
                self.pausar(pausa, None);
                Err(ErrorPublicacion::Desconocido(error))
            }
        }
    }

    fn pausar(&mut self, pausa: Duration, rechazado: Option<Arc<str>>) {
        self.pausa = Some(Pausa { hasta: Instant::now() + pausa, rechazado });
    }

    async fn conectar(&self, avsc: &str) -> Result<Producer<TokioExecutor>, ErrorMensajeria> {
        let vivo = self.entorno.cliente.obtener().await?;
        let opciones = ProducerOptions {
            schema: Some(Schema {
                name: String::new(),
                schema_data: avsc.as_bytes().to_vec(),
                r#type: schema::Type::Avro as i32,
                properties: Vec::new(),
            }),
            block_queue_if_full: true,
            // The client's default ignores the key.
            routing_policy: Some(RoutingPolicy::RoundRobin),
            ..ProducerOptions::default()
        };
        let completo = self.entorno.nombre_completo(&self.destino.tema);
        let productor = vivo.pulsar.producer().with_topic(completo).with_options(opciones).build();
        let productor = acotar_aparte(PLAZO_OPERACION, productor).await;
        if productor.as_ref().is_err_and(ErrorMensajeria::es_de_conexion) {
            self.entorno.cliente.descartar(&vivo).await;
        }
        productor
    }
}

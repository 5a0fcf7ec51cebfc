use std::sync::Arc;
use std::time::Duration;

use pulsar::{ConnectionRetryOptions, OperationRetryOptions, Pulsar, TokioExecutor};
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};

use crate::error::ErrorMensajeria;

/// How long one request to the broker is waited for.
pub(crate) const PLAZO_OPERACION: Duration = Duration::from_secs(10);

/// When the client itself gives up. It then breaks the connection for everybody, which an overloaded broker
/// does not deserve, so whoever asked gives up long before.
const PLAZO_DEL_CLIENTE: Duration = Duration::from_secs(30);

/// How long connecting may take, with its handshake.
const PLAZO_CONEXION: Duration = Duration::from_secs(3);

/// One connection to the cluster, shared by tasks that each come back to it after a failure.
///
/// Whoever sees the connection fail discards the whole client, and the next one to ask makes another.
#[derive(Clone)]
pub(crate) struct Cliente {
    url: Arc<str>,
    estado: Arc<Mutex<Estado>>,
}

#[derive(Default)]
struct Estado {
    vivo: Option<Vivo>,
    creados: u64,
    ultimo_fallo: Option<Instant>,
}

/// A client that has connected at least once.
#[derive(Clone)]
pub(crate) struct Vivo {
    pub(crate) pulsar: Pulsar<TokioExecutor>,
    generacion: u64,
}

impl Cliente {
    pub(crate) fn nuevo(url: &str) -> Self {
        Self { url: Arc::from(url), estado: Arc::default() }
    }

    /// The current client, connecting if there is none: one attempt at a time, whoever waited meanwhile
    /// shares its failure.
    pub(crate) async fn obtener(&self) -> Result<Vivo, ErrorMensajeria> {
        let pedido = Instant::now();
        let mut estado = self.estado.lock().await;
        if let Some(vivo) = &estado.vivo {
            return Ok(vivo.clone());
        }
        if estado.ultimo_fallo.is_some_and(|fallo| fallo > pedido) {
            return Err(ErrorMensajeria::IntentoReciente);
        }
        match self.conectar().await {
            Ok(pulsar) => {
                estado.creados += 1;
                let vivo = Vivo { pulsar, generacion: estado.creados };
                estado.vivo = Some(vivo.clone());
                Ok(vivo)
            }
            Err(error) => {
                estado.ultimo_fallo = Some(Instant::now());
                Err(error)
            }
        }
    }

    /// Forgets a client; one that another task has replaced already stays replaced.
    pub(crate) async fn descartar(&self, vivo: &Vivo) {
        let mut estado = self.estado.lock().await;
        if estado.vivo.as_ref().is_some_and(|actual| actual.generacion == vivo.generacion) {
            estado.vivo = None;
        }
    }

    /// The supervisors own the retries: the client makes one attempt and says how it went.
    async fn conectar(&self) -> Result<Pulsar<TokioExecutor>, ErrorMensajeria> {
        let conexion = ConnectionRetryOptions {
            max_retries: 0,
            connection_timeout: PLAZO_CONEXION,
            keep_alive: Duration::from_secs(20),
            ..ConnectionRetryOptions::default()
        };
        let operacion = OperationRetryOptions {
            operation_timeout: PLAZO_DEL_CLIENTE,
            retry_delay: Duration::from_millis(200),
            max_retries: Some(0),
        };
        let cliente = Pulsar::builder(self.url.as_ref(), TokioExecutor)
            .with_connection_retry_options(conexion)
            .with_operation_retry_options(operacion)
            .with_outbound_channel_size(1000);
        acotar_aparte(PLAZO_CONEXION * 2, cliente.build()).await
    }
}

/// Bounds a request of a consumer or producer that is connected.
pub(crate) async fn acotar<T>(
    plazo: Duration,
    peticion: impl Future<Output = Result<T, pulsar::Error>>,
) -> Result<T, ErrorMensajeria> {
    match timeout(plazo, peticion).await {
        Ok(respuesta) => Ok(respuesta?),
        Err(_) => Err(ErrorMensajeria::Plazo(plazo)),
    }
}

/// Bounds the wait for a request that may connect, without cancelling it: the client would wait for ever
/// for a connection given up half-way.
pub(crate) async fn acotar_aparte<T: Send + 'static>(
    plazo: Duration,
    peticion: impl Future<Output = Result<T, pulsar::Error>> + Send + 'static,
) -> Result<T, ErrorMensajeria> {
    match timeout(plazo, tokio::spawn(peticion)).await {
        Ok(Ok(respuesta)) => Ok(respuesta?),
        Ok(Err(_)) => Err(ErrorMensajeria::Interrumpido),
        Err(_) => Err(ErrorMensajeria::Plazo(plazo)),
    }
}

use std::time::Duration;

use pulsar::error::{ConnectionError, ConsumerError, ProducerError, ServiceDiscoveryError};
use pulsar::proto::ServerError;

/// Any error that can cross a task.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Why the broker cannot be used, or not as asked.
#[derive(Debug, thiserror::Error)]
pub enum ErrorMensajeria {
    #[error("the broker did not answer within {} ms", .0.as_millis())]
    Plazo(Duration),
    #[error(transparent)]
    Cliente(Box<pulsar::Error>),
    #[error("another attempt to connect has just failed")]
    IntentoReciente,
    #[error("the stream of messages ended")]
    FinDeFlujo,
    #[error("the broker no longer knows the consumer")]
    ConsumidorPerdido,
    #[error("the consumer is idle without permission to receive")]
    ConsumidorAtascado,
    #[error("the task that owned the request ended")]
    Interrumpido,
    #[error("the receipt is late, though others come")]
    AcuseTardio,
    #[error("the broker answered without storing the message")]
    NoAlmacenado,
    #[error("the publishing connection is down")]
    SinPublicacion,
    #[error("cannot publish yet on: {}", .0.join(", "))]
    SinProductor(Vec<String>),
    #[error("the broker refuses the schema of: {}", .0.join(", "))]
    EsquemaIncompatible(Vec<String>),
    #[error("not subscribed to: {}", .0.join(", "))]
    SinSuscripcion(Vec<String>),
}

/// Why a message may not have reached its topic.
#[derive(Debug, thiserror::Error)]
pub enum ErrorPublicacion {
    /// The broker may have stored it: send it again with the same id.
    #[error("the outcome of the publication is unknown")]
    Desconocido(#[source] ErrorMensajeria),
    /// It was not sent.
    #[error("the broker is known to be down")]
    NoDisponible,
    /// It was not sent, and will not be until somebody mends the schema registry.
    #[error("the broker refuses the schema of topic {0}")]
    EsquemaIncompatible(String),
    /// It was not sent: the topic is neither in the table nor registered.
    #[error("no schema is known for topic {0}")]
    SinEsquema(String),
}

impl From<pulsar::Error> for ErrorMensajeria {
    fn from(error: pulsar::Error) -> Self {
        Self::Cliente(Box::new(error))
    }
}

impl ErrorMensajeria {
    /// What the broker itself answered; `None` when there was no answer.
    pub(crate) fn respuesta(&self) -> Option<ServerError> {
        let Self::Cliente(error) = self else { return None };
        match error.as_ref() {
            pulsar::Error::Connection(ConnectionError::PulsarError(codigo, _))
            | pulsar::Error::Consumer(ConsumerError::Connection(ConnectionError::PulsarError(codigo, _)))
            | pulsar::Error::Producer(ProducerError::Connection(ConnectionError::PulsarError(codigo, _)))
            | pulsar::Error::ServiceDiscovery(
                ServiceDiscoveryError::Query(codigo, _)
                | ServiceDiscoveryError::Connection(ConnectionError::PulsarError(codigo, _)),
            ) => Some(codigo.unwrap_or(ServerError::UnknownError)),
            _ => None,
        }
    }

    /// The connection, not the request, is what failed.
    pub(crate) fn es_de_conexion(&self) -> bool {
        match self {
            Self::Plazo(_) | Self::IntentoReciente | Self::Interrumpido => true,
            Self::Cliente(_) => self.respuesta().is_none(),
            _ => false,
        }
    }

    pub(crate) fn es_de_esquema(&self) -> bool {
        self.respuesta() == Some(ServerError::IncompatibleSchema)
    }

    /// One entry could not be read; the consumer goes on.
    pub(crate) fn es_de_una_entrada(&self) -> bool {
        let Self::Cliente(error) = self else { return false };
        matches!(
            error.as_ref(),
            pulsar::Error::Consumer(
                ConsumerError::Io(_)
                    | ConsumerError::MissingPayload(_)
                    | ConsumerError::Connection(ConnectionError::Decoding(_)),
            ) | pulsar::Error::Connection(ConnectionError::Decoding(_))
        )
    }
}

use crate::dominio::{
    Catalogo, Comando, Contexto, Fragmento, Huella, IdOperacion, IdSuscripcion, OperacionConocida, Parte, Repetibilidad,
};
use async_trait::async_trait;
use std::error::Error;
use std::sync::Arc;
use uuid::Uuid;

/// A command on its way to the service that executes it.
#[derive(Clone)]
pub struct Orden {
    pub id: Uuid,
    pub repetibilidad: Repetibilidad,
    pub comando: Comando,
    pub huella: Huella,
    pub contexto: Contexto,
}

impl Orden {
    pub fn operacion(&self) -> IdOperacion {
        IdOperacion { inquilino: self.contexto.inquilino.clone(), clase: self.comando.clase(), id: self.id }
    }
}

/// The broker, seen from the door.
#[async_trait]
pub trait Mensajero: Send + Sync {
    /// `Ok` only once the broker has confirmed that it keeps the message.
    async fn publicar(&self, orden: &Orden) -> Result<(), ErrorMensajero>;
}

#[derive(Debug, thiserror::Error)]
pub enum ErrorMensajero {
    #[error("the broker is down and nothing was sent")]
    NoDisponible,
    #[error("the broker did not confirm in time; the message may have arrived")]
    SinRecibo,
    #[error("the broker refuses the command's topic as it is set up; nothing was sent")]
    Rechazado(#[source] Box<dyn Error + Send + Sync>),
    #[error("the command could not be encoded")]
    Codificacion(#[source] Box<dyn Error + Send + Sync>),
}

/// What the services remember of the commands that they have executed.
#[async_trait]
pub trait Operaciones: Send + Sync {
    /// `None`: the owner has not seen the command yet.
    async fn buscar(
        &self,
        operacion: &IdOperacion,
        contexto: &Contexto,
    ) -> Result<Option<OperacionConocida>, ErrorParte>;
}

/// The catalogue of plans that suscripciones keeps.
#[async_trait]
pub trait Planes: Send + Sync {
    /// The catalogue as it was last read; read now if it never was.
    async fn vigente(&self, contexto: &Contexto) -> Result<Arc<Catalogo>, ErrorParte>;
    /// The catalogue as it is now.
    async fn actualizado(&self, contexto: &Contexto) -> Result<Arc<Catalogo>, ErrorParte>;
}

/// A question that one service answers with a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pregunta {
    Suscripcion(IdSuscripcion),
    SagaDe(IdSuscripcion),
    ServicioDe(IdSuscripcion),
    NotificacionesDe(IdSuscripcion),
}

impl Pregunta {
    pub fn parte(self) -> Parte {
        match self {
            Self::Suscripcion(_) | Self::SagaDe(_) => Parte::Suscripciones,
            Self::ServicioDe(_) => Parte::ServicioDatos,
            Self::NotificacionesDe(_) => Parte::Notificaciones,
        }
    }
}

/// Reads what the services behind the door know.
#[async_trait]
pub trait Lectores: Send + Sync {
    /// One answer per question, in order; all are asked at the same time.
    async fn leer(&self, preguntas: &[Pregunta], contexto: &Contexto) -> Vec<Fragmento>;
}

/// A service that a request needs did not answer, or not as agreed.
#[derive(Debug, thiserror::Error)]
#[error("{} did not answer", parte.nombre())]
pub struct ErrorParte {
    pub parte: Parte,
    #[source]
    pub causa: Box<dyn Error + Send + Sync>,
}

use crate::dominio::{
    Asignacion, CodigoCliente, CodigoDataset, CodigoNube, Comando, IdServicioDatos, Rechazo, ServicioDatos, Titular,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The identity of an order: the same however often it is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IdOrden(pub Uuid);

/// A command for one data service, with what its answer must repeat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Orden {
    pub id: IdOrden,
    pub paso: Paso,
    pub servicio: IdServicioDatos,
    pub titular: Titular,
    /// A command that arrived incomplete is refused before anything is asked.
    pub comando: Result<Comando, Rechazo>,
    /// The order that this one undoes.
    pub deshace: Option<IdOrden>,
    pub sobre: Sobre,
}

/// Which kind of order it is, by the name that the flows use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paso {
    CrearServicio,
    AsignarExperto,
    IniciarServicio,
    TerminarServicio,
}

impl Paso {
    pub fn nombre(self) -> &'static str {
        match self {
            Self::CrearServicio => "crear_servicio",
            Self::AsignarExperto => "asignar_experto",
            Self::IniciarServicio => "iniciar_servicio",
            Self::TerminarServicio => "terminar_servicio",
        }
    }
}

/// The part of an order that only its answer and its effect carry on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sobre {
    /// The saga that waits for the answer.
    pub correlacion: Option<Uuid>,
    /// W3C traceparent.
    pub traza: Option<String>,
    /// sha256 of the canonical request.
    pub huella: Option<String>,
}

/// What an order is answered with, the first time and each time it comes again. Codes only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Respuesta {
    /// Version of the service after the order.
    pub secuencia: i64,
    /// The service after the order; none when its holder has never had one.
    pub servicio: Option<Resumen>,
    pub rechazo: Option<Rechazo>,
}

impl Respuesta {
    /// The answer to an order whose undo came first.
    pub fn cancelada() -> Self {
        Self { secuencia: 0, servicio: None, rechazo: Some(Rechazo::ComandoCancelado) }
    }
}

/// What an answer may say of a service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resumen {
    pub cliente: CodigoCliente,
    pub nube: CodigoNube,
    pub dataset: CodigoDataset,
    pub asignacion: Option<Asignacion>,
}

impl Resumen {
    /// Nothing is said of a service to anybody but its holder.
    pub fn para(titular: &Titular, servicio: &ServicioDatos) -> Option<Self> {
        servicio.contrato().filter(|contrato| contrato.titular == *titular).map(|contrato| Self {
            cliente: contrato.cliente.clone(),
            nube: contrato.nube.clone(),
            dataset: contrato.dataset.clone(),
            asignacion: servicio.asignacion().cloned(),
        })
    }
}

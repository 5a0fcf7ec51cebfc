//! The commands on subscriptions: what they need to know, and what they change.

use std::collections::{HashMap, HashSet};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use saga::Codigo;
use uuid::Uuid;

use super::{Avance, ErrorRepositorio, Guardado};
use crate::dominio::{
    CodigoCliente, CodigoPlan, Condiciones, DatosCliente, Estado, Factura, IdSaga, IdServicioDatos, IdSuscripcion,
    Monto, Operacion, Pago, Rechazo, Suscripcion,
};

/// Where a command came from and what has to travel with its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contexto {
    /// Id of the command: the key of its effect.
    pub comando: Uuid,
    /// Type name of the command.
    pub tipo: String,
    /// The saga that waits for the answer.
    pub correlacion: Option<Uuid>,
    /// In an undo, the command that it undoes.
    pub causa: Option<Uuid>,
    pub traza: Option<String>,
    pub inquilino: String,
    pub huella: Option<String>,
    pub instante: DateTime<Utc>,
}

/// A client of a tenant.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ClaveCliente {
    pub inquilino: String,
    pub codigo: CodigoCliente,
}

/// What a client has once at most.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Producto {
    pub cliente: ClaveCliente,
    pub plan: CodigoPlan,
}

/// A subscription as read, with the version that a write must still find.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Versionada {
    pub suscripcion: Suscripcion,
    pub version: i64,
}

/// The answer to a command, as stored with its effect: codes only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Respuesta {
    pub id: IdSuscripcion,
    pub cliente: Option<CodigoCliente>,
    pub plan: Option<CodigoPlan>,
    /// Version of the subscription after the command.
    pub version: i64,
    pub contenido: Contenido,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Contenido {
    Creada {
        estado: Estado,
        saga: Option<IdSaga>,
    },
    /// A saga carries the operation out; how it ends is told then.
    Iniciada(Box<Iniciada>),
    Pagada {
        pago: Pago,
    },
    PlanCambiado {
        anterior: CodigoPlan,
        motivo: Option<String>,
        cargo: Option<Cargo>,
        /// The saga that carried the change out; none when it was made at once.
        saga: Option<IdSaga>,
    },
    Cancelada {
        anterior: Estado,
        motivo: String,
    },
    Fallida {
        codigo: Rechazo,
        estado: Estado,
        /// The operation that failed as a whole; none in the answer to a step of a saga.
        operacion: Option<Operacion>,
        /// The saga that the refused command began.
        saga: Option<IdSaga>,
        estorbo: Estorbo,
    },
    /// A saga gave its operation up and undid it; `codigo` is why.
    Desistida {
        operacion: Operacion,
        codigo: Codigo,
        estado: Estado,
    },
}

/// An operation as its saga begins it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Iniciada {
    pub operacion: Operacion,
    pub saga: IdSaga,
    /// What the saga is about: in a change, the plan to come.
    pub plan: CodigoPlan,
    pub anterior: CodigoPlan,
    /// The data service of the present plan, see [`crate::dominio::Ficha`].
    pub servicio: Option<IdServicioDatos>,
    /// What it will cost.
    pub cargo: Option<Cargo>,
}

/// An invoice, as an answer tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cargo {
    pub numero: String,
    pub monto: Monto,
    pub moneda: String,
    pub pagado: bool,
}

impl From<&Factura> for Cargo {
    fn from(factura: &Factura) -> Self {
        Self {
            numero: factura.numero.clone(),
            monto: factura.monto,
            moneda: factura.moneda.clone(),
            pagado: factura.pago().is_some(),
        }
    }
}

/// What a refused command found in its way.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Estorbo {
    /// The saga that has the subscription for itself.
    pub saga: Option<IdSaga>,
    /// The subscription that has the product.
    pub suscripcion: Option<IdSuscripcion>,
}

/// What a batch of commands needs to know.
#[derive(Debug, Clone, Default)]
pub struct Consulta {
    pub suscripciones: Vec<IdSuscripcion>,
    pub comandos: Vec<Uuid>,
    /// Clients of commands that create; those of read subscriptions are added by the store.
    pub clientes: Vec<ClaveCliente>,
    /// Products whose holder matters; the store adds the holders to the subscriptions.
    pub productos: Vec<Producto>,
    /// Plans that subscriptions would change to: the products of their clients matter too.
    pub cambios: Vec<(IdSuscripcion, CodigoPlan)>,
    /// Numbers of invoices whose subscription matters.
    pub facturas: Vec<String>,
    /// Sagas that say that they sent a command.
    pub remitentes: Vec<IdSaga>,
}

/// The store's answer: what is absent does not exist.
#[derive(Debug, Clone, Default)]
pub struct Lectura {
    pub suscripciones: HashMap<IdSuscripcion, Versionada>,
    /// Effects already stored; `None` is a tombstone: the command was undone before it came.
    pub respuestas: HashMap<Uuid, Option<Respuesta>>,
    pub condiciones: HashMap<ClaveCliente, Condiciones>,
    /// Who has each product.
    pub contrataciones: HashMap<Producto, IdSuscripcion>,
    /// The subscription of each invoice that was asked for.
    pub facturas: HashMap<String, IdSuscripcion>,
    /// The saga that has a subscription for itself.
    pub en_curso: HashMap<IdSuscripcion, IdSaga>,
    /// The senders that have ended.
    pub terminadas: HashSet<IdSaga>,
}

/// One command's change, all of it or nothing.
#[derive(Debug, Clone)]
pub enum Cambio {
    /// The command was done before: its stored answer goes out again and nothing else happens.
    Repetido {
        contexto: Box<Contexto>,
        respuesta: Box<Respuesta>,
    },
    Nuevo(Box<CambioNuevo>),
}

#[derive(Debug, Clone)]
pub struct CambioNuevo {
    pub contexto: Contexto,
    /// The subscription after the command, and the version that its row must still have; `None` if unchanged.
    pub escritura: Option<Escritura>,
    pub respuesta: Respuesta,
    pub cliente: Option<(ClaveCliente, DatosCliente)>,
    /// Invoices issued, paid or voided, as they are then.
    pub facturas: Vec<Factura>,
    pub saga: Option<Avance>,
    /// Takes a product for the subscription.
    pub contrata: Option<Producto>,
    /// Leaves a tombstone for a command that has not come yet.
    pub anula: Option<Uuid>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Escritura {
    pub id: IdSuscripcion,
    pub inquilino: String,
    pub suscripcion: Suscripcion,
    /// Zero when the subscription is new.
    pub leida: i64,
    pub nueva: i64,
}

/// Keeps subscriptions. `guardar` is atomic for the whole batch: state, effects, sagas and outbox, or nothing.
///
/// A product that somebody else took and a subscription that another saga took are conflicts, like a version that
/// moved on; since decisions of one batch lean on each other, all of it conflicts then.
#[async_trait]
pub trait RepositorioSuscripciones: Send + Sync {
    async fn leer(&self, consulta: &Consulta) -> Result<Lectura, ErrorRepositorio>;
    /// One answer per change, in order.
    async fn guardar(&self, cambios: &[Cambio]) -> Result<Vec<Guardado>, ErrorRepositorio>;
}

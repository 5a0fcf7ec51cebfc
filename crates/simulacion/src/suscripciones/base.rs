use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use saga::{Definicion, Entrada};
use suscripciones::aplicacion::puertos::{Respuesta, Saga, Versionada};
use suscripciones::dominio::{Caso, Condiciones, Factura, IdSaga, IdSuscripcion, Plan};
use uuid::Uuid;

use super::arrendamientos::Registro;
use super::contrataciones::Contrataciones;
use crate::tuberia::{Bandeja, ConBandeja};

/// The database of suscripciones.
#[derive(Default)]
pub struct Base {
    pub suscripciones: BTreeMap<IdSuscripcion, Versionada>,
    /// The stored answer of each command; none is a tombstone.
    pub efectos: BTreeMap<Uuid, Option<Respuesta>>,
    pub facturas: BTreeMap<String, (IdSuscripcion, Factura)>,
    pub contrataciones: Contrataciones,
    pub sagas: BTreeMap<IdSaga, Saga>,
    pub log: BTreeMap<(IdSaga, i64), Entrada>,
    /// What the business allows each client, by code.
    pub condiciones: BTreeMap<String, Condiciones>,
    pub planes: BTreeMap<String, Plan>,
    pub definiciones: BTreeMap<String, Arc<Definicion>>,
    /// Which flow carries out each operation.
    pub flujos: Vec<(Caso, String)>,
    pub bandeja: Bandeja,
    pub arrendamientos: Registro,
    /// Sagas whose rows cannot be read for now.
    pub ilegibles: BTreeSet<IdSaga>,
    /// Every command that changed something, once per change: what the oracle counts.
    pub obrados: Vec<Uuid>,
}

impl Base {
    /// Whether a saga has the subscription for itself.
    pub fn con_saga_viva(&self, id: IdSuscripcion) -> bool {
        self.sagas.values().any(|saga| saga.suscripcion == id && !saga.estado.fase.es_terminal())
    }
}

impl ConBandeja for Base {
    fn bandeja(&mut self) -> &mut Bandeja {
        &mut self.bandeja
    }
}

/// What a unique constraint refuses.
#[derive(Debug, thiserror::Error)]
pub enum Repetida {
    #[error("saga {0} exists")]
    Saga(IdSaga),
    #[error("saga {0} has entry {1}")]
    Entrada(IdSaga, i64),
}

/// A row that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("saga {0} cannot be read")]
pub struct Ilegible(pub IdSaga);

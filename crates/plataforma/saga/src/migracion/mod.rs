//! Moving a live saga to another version of its flow: what changed, whether it may move, and the entry.
//!
//! A saga may move when everything that it has reached means the same in the new version, and the check
//! of the new version from its state finds no run that ends badly.

mod diferencia;
mod plan;
mod razon;
mod traslado;

use std::collections::BTreeMap;

use crate::{ActorInvalido, CodigoInvalido, Definicion, Entrada, EstadoSaga};

pub use diferencia::{Aspecto, Diferencia, comparar};
pub use plan::Planificador;
pub use razon::Razon;

/// Steps that change name: the name in the old version -> the name in the new one. The others keep theirs.
pub type Mapa = BTreeMap<String, String>;

/// Whether a live saga may move.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Clasificacion {
    Segura,
    /// Steps that it has reached have no place in the new version under their name.
    RequiereMapa(Vec<SinDestino>),
    /// It stays on its version.
    Fijada(Razon),
}

/// A step without a place in the new version, and the new steps that do the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SinDestino {
    pub paso: String,
    pub candidatos: Vec<String>,
}

/// Why no entry migrates a saga.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoMigrable {
    #[error("falta decir a qué paso de la nueva versión corresponden {} pasos", .0.len())]
    RequiereMapa(Vec<SinDestino>),
    #[error("la saga sigue en su versión: {0}")]
    Fijada(#[source] Razon),
    #[error("el motivo no es un código")]
    MotivoInvalido(#[source] CodigoInvalido),
    #[error("el actor no es un código")]
    ActorInvalido(#[source] ActorInvalido),
}

/// Says whether a saga in that state may move from one version to the other. For many sagas use a
/// [`Planificador`], which checks each kind of state once.
pub fn clasificar(de: &Definicion, a: &Definicion, estado: &EstadoSaga, mapa: &Mapa) -> Clasificacion {
    Planificador::nuevo(de, a, mapa).clasificar(estado)
}

/// Decides the entry that moves a saga, as [`Planificador::migrar`] does.
pub fn migrar(
    de: &Definicion,
    a: &Definicion,
    estado: &EstadoSaga,
    mapa: &Mapa,
    actor: &str,
    motivo: Option<&str>,
    ahora_ms: i64,
) -> Result<Entrada, NoMigrable> {
    Planificador::nuevo(de, a, mapa).migrar(estado, actor, motivo, ahora_ms)
}

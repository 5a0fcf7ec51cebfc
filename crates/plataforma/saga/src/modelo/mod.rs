//! Exhaustive check of a definition: every run that the engine and its participants can have.
//!
//! The engine is [`decidir`] and [`ordenar`] themselves. A participant does, refuses or undoes a command,
//! recognises it by its id, and remembers an undo that came first. The messages between them arrive in
//! any order, any number of times, at any time or never, so a late or repeated message and a crash (which
//! loses a decision that was not stored, and has messages delivered again) are among the runs.
//!
//! What is left out of a state because no decision depends on it: outputs, reasons, instants, and the
//! attempts between a command's first and its last. What a participant did is settled when its reply is
//! used or when an undo reaches it: until then all its outcomes are open, and they disturb nobody.

mod defecto;
mod exploracion;
mod final_alcanzable;
mod mundo;
#[cfg(test)]
mod pruebas;
mod relato;
mod simetria;
mod suceso;

use serde::Deserialize;

use crate::{Definicion, Entrada, EstadoSaga, Evento, Mando, MandoRechazado, Paso, decidir, ordenar};

pub use defecto::Defecto;
pub use relato::Traza;

use exploracion::Exploracion;
use mundo::Mundo;

/// What a check covers and what it takes for granted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cotas {
    /// Orders of an operator in one run. Resuming a paused saga is always possible and not counted.
    pub mandos: u8,
    /// States after which the check gives up without an answer.
    pub estados: usize,
    pub participantes: Participantes,
}

/// What is demanded of participants; a check without one of these shows what it is good for. The step of one that does
/// not do all of it says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Participantes {
    /// A command whose undo came first is never done.
    pub lapidas: bool,
    /// A command that comes again is not done again.
    pub idempotentes: bool,
    /// An undo that is asked for again and again is done at last.
    pub deshacen: bool,
}

/// What a check found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resultado {
    /// Distinct states visited.
    pub estados: usize,
    /// Every reachable state was visited, or a defect was found before.
    pub completo: bool,
    /// The shortest run that ends badly.
    pub contraejemplo: Option<Traza>,
}

impl Resultado {
    /// Whether the check proves that no run ends badly.
    pub const fn aprueba(&self) -> bool {
        self.completo && self.contraejemplo.is_none()
    }
}

impl Participantes {
    /// What the participant of a step does of what is demanded of all.
    fn de(self, paso: &Paso) -> Self {
        let suyas = paso.participante;
        Self {
            lapidas: self.lapidas && suyas.lapidas,
            idempotentes: self.idempotentes && suyas.idempotentes,
            deshacen: self.deshacen && suyas.deshacen,
        }
    }
}

impl Default for Cotas {
    fn default() -> Self {
        Self { mandos: 1, estados: 1_000_000, participantes: Participantes::default() }
    }
}

impl Default for Participantes {
    fn default() -> Self {
        Self { lapidas: true, idempotentes: true, deshacen: true }
    }
}

/// Whether a check may go on; it gives up without an answer as soon as not.
pub type Seguir<'a> = &'a dyn Fn() -> bool;

/// Checks every run of the definition, from the creation of the saga.
pub fn verificar(definicion: &Definicion, cotas: Cotas) -> Resultado {
    verificar_mientras(definicion, cotas, &|| true)
}

/// The same for as long as it may.
pub fn verificar_mientras(definicion: &Definicion, cotas: Cotas, seguir: Seguir<'_>) -> Resultado {
    Exploracion::nueva(definicion, cotas, Motor::default(), seguir).recorrer(Mundo::inicial(definicion))
}

/// Checks every run that a live saga can still have. What its participants did and it does not know is
/// open; what is in flight may still arrive.
pub fn verificar_desde(definicion: &Definicion, estado: &EstadoSaga, cotas: Cotas) -> Resultado {
    verificar_desde_mientras(definicion, estado, cotas, &|| true)
}

/// The same for as long as it may.
pub fn verificar_desde_mientras(
    definicion: &Definicion,
    estado: &EstadoSaga,
    cotas: Cotas,
    seguir: Seguir<'_>,
) -> Resultado {
    let ajenos = estado.pasos.iter().filter(|(clave, paso)| definicion.paso(clave).is_none() && paso.deja_efecto());
    if let Some((clave, _)) = ajenos.into_iter().next() {
        let defecto = Defecto::PasoAjeno { paso: clave.clone() };
        return Resultado { estados: 1, completo: true, contraejemplo: Some(Traza { sucesos: Vec::new(), defecto }) };
    }
    Exploracion::nueva(definicion, cotas, Motor::default(), seguir).recorrer(Mundo::desde(definicion, estado))
}

type Decidir = fn(&Definicion, &EstadoSaga, &Evento, i64) -> Option<Entrada>;
type Ordenar = fn(&Definicion, &EstadoSaga, &Mando, &str, Option<&str>, i64) -> Result<Entrada, MandoRechazado>;

/// What the check tells states apart by: those with the same one have the same future.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Huella(mundo::Clave);

pub(crate) fn huella(definicion: &Definicion, estado: &EstadoSaga) -> Huella {
    Huella(Mundo::desde(definicion, estado).empacar(definicion))
}

/// The engine under check.
#[derive(Clone, Copy)]
struct Motor {
    decidir: Decidir,
    ordenar: Ordenar,
}

impl Default for Motor {
    fn default() -> Self {
        Self { decidir, ordenar }
    }
}

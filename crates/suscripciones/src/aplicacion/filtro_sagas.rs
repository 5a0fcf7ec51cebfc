use chrono::{DateTime, Utc};
use saga::Fase;

use super::puertos::Saga;
use crate::dominio::{CodigoCliente, CodigoPlan, IdSuscripcion};

/// Which sagas an operator means; what is absent matches everything.
///
/// `paso`, `atascada` and `pausada` speak of live sagas, so with any of them the ended ones are left out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FiltroSagas {
    pub fase: Option<Fase>,
    /// A step whose command waits for an answer.
    pub paso: Option<String>,
    pub cliente: Option<CodigoCliente>,
    pub plan: Option<CodigoPlan>,
    pub suscripcion: Option<IdSuscripcion>,
    pub definicion: Option<String>,
    pub definicion_version: Option<i32>,
    pub atascada: Option<bool>,
    pub pausada: Option<bool>,
    /// Created at or after.
    pub desde: Option<DateTime<Utc>>,
    /// Created at or before.
    pub hasta: Option<DateTime<Utc>>,
}

impl FiltroSagas {
    /// Whether only live sagas can match.
    pub fn solo_vivas(&self) -> bool {
        let de_vivas = self.paso.is_some() || self.atascada.is_some() || self.pausada.is_some();
        de_vivas || self.fase.is_some_and(|fase| !fase.es_terminal())
    }

    /// Whether nothing but the time of creation is asked.
    pub fn solo_tiempo(&self) -> bool {
        let Self { fase, cliente, plan, suscripcion, definicion, definicion_version, .. } = self;
        let igualdades = [
            fase.is_some(),
            cliente.is_some(),
            plan.is_some(),
            suscripcion.is_some(),
            definicion.is_some(),
            definicion_version.is_some(),
        ];
        !self.solo_vivas() && !igualdades.contains(&true)
    }

    /// Whether a saga that matched still does: only what a saga may change is looked at.
    pub fn sigue(&self, saga: &Saga) -> bool {
        let estado = &saga.estado;
        let viva = !estado.fase.es_terminal();
        let espera = |paso: &String| estado.en_vuelo().any(|(clave, ..)| clave == paso);
        self.fase.is_none_or(|fase| fase == estado.fase)
            && self.paso.as_ref().is_none_or(espera)
            && self.atascada.is_none_or(|atascada| viva && atascada == estado.atascada)
            && self.pausada.is_none_or(|pausada| viva && pausada == estado.pausada)
            && self.definicion_version.is_none_or(|version| version.unsigned_abs() == saga.definicion.version())
    }
}

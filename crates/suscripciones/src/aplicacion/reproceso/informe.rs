use serde::Serialize;
use uuid::Uuid;

use super::puertos::{Anotadas, Lote, Rehecho};
use crate::dominio::IdSaga;

/// How many examples a list of sagas names.
const EJEMPLOS: usize = 20;

/// Sagas of a kind: how many, and the first of them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Lista {
    pub total: u64,
    pub ejemplos: Vec<Uuid>,
}

impl Lista {
    pub fn anotar(&mut self, saga: IdSaga) {
        self.total += 1;
        if self.ejemplos.len() < EJEMPLOS {
            self.ejemplos.push(saga.0);
        }
    }
}

impl FromIterator<IdSaga> for Lista {
    fn from_iter<I: IntoIterator<Item = IdSaga>>(sagas: I) -> Self {
        let mut lista = Self::default();
        sagas.into_iter().for_each(|saga| lista.anotar(saga));
        lista
    }
}

/// Versions of a saga that nobody can read, all of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Hueco {
    pub saga: Uuid,
    pub versiones: Vec<Intervalo>,
}

/// From one version to another, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Intervalo {
    pub desde: i64,
    pub hasta: i64,
}

/// The tables against what was published.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Comparacion {
    pub iguales: u64,
    pub distintas: Lista,
    pub solo_en_pulsar: Lista,
    pub solo_en_postgres: Lista,
    /// They moved after the comparison began: their log was compared, their row was not.
    pub en_marcha: u64,
    pub transiciones: ComparacionRegistro,
    /// All that differ, for the rebuilding.
    #[serde(skip)]
    pub ids_distintas: Vec<IdSaga>,
}

/// The same, transition by transition.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct ComparacionRegistro {
    pub iguales: u64,
    pub distintas: u64,
    pub solo_en_pulsar: u64,
    pub solo_en_postgres: u64,
}

impl Comparacion {
    pub fn todo_igual(&self) -> bool {
        let sagas = [&self.distintas, &self.solo_en_pulsar, &self.solo_en_postgres];
        let transiciones = &self.transiciones;
        sagas.iter().all(|lista| lista.total == 0)
            && transiciones.distintas + transiciones.solo_en_pulsar + transiciones.solo_en_postgres == 0
    }
}

/// What a reprocessing found, and did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Informe {
    pub real: bool,
    pub saga: Option<Uuid>,
    pub leido: Leido,
    /// Sagas of whose published log versions are missing.
    pub huecos: Vec<Hueco>,
    /// Sagas of whose published log versions make no sense.
    pub ilegibles: Vec<Hueco>,
    pub sin_cabecera: Lista,
    pub estados: Estados,
    pub comparacion: Comparacion,
    pub rehecho: Option<Hecho>,
    /// The comparison again, after the rebuilding.
    pub despues: Option<Comparacion>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Leido {
    pub mensajes: u64,
    pub transiciones: u64,
    pub repetidas: u64,
    pub divergentes: u64,
    pub ilegibles: u64,
    pub estados: u64,
    pub sagas: u64,
}

/// `saga-estado` against the fold of `saga-log`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Estados {
    pub iguales: u64,
    pub distintos: Lista,
    /// Newer than the log: what lies between is missing, and told as a gap.
    pub adelantados: u64,
}

/// What the rebuilding wrote, and what became of the sagas that live.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Hecho {
    pub sagas: u64,
    pub transiciones: u64,
    pub republicadas: u64,
    pub aplazadas: Lista,
    pub sin_definicion: Lista,
    /// Begun again from the ledger of effects: nothing of them had been published.
    pub renacidas: Lista,
    /// Live sagas that go on from what was published.
    pub reanimadas: u64,
    /// Commands that they sent again.
    pub reenviados: u64,
    /// Of those, the ones of which the ledgers know more than their log.
    pub cola_perdida: Lista,
    /// Of those, the ones that had turned beyond what their log tells.
    pub se_deshacian: Lista,
}

impl From<Rehecho> for Hecho {
    fn from(rehecho: Rehecho) -> Self {
        Self {
            sagas: rehecho.sagas,
            transiciones: rehecho.transiciones,
            republicadas: rehecho.republicadas,
            aplazadas: rehecho.aplazadas.into_iter().collect(),
            sin_definicion: rehecho.sin_definicion.into_iter().collect(),
            ..Self::default()
        }
    }
}

impl Leido {
    pub(super) fn sumar<T>(&mut self, lote: &Lote<T>, anotadas: Anotadas) {
        self.mensajes += lote.mensajes;
        self.transiciones += lote.leidos.len() as u64;
        self.repetidas += anotadas.repetidas;
        self.divergentes += anotadas.divergentes;
        self.ilegibles += lote.ilegibles;
    }
}

impl Informe {
    /// Whether the published log is whole and the tables are what it says.
    pub fn bien(&self) -> bool {
        let faltas = [&self.sin_cabecera, &self.estados.distintos];
        let pendientes = self.rehecho.iter().flat_map(|hecho| [&hecho.aplazadas, &hecho.sin_definicion]);
        let sin_faltas = faltas.into_iter().chain(pendientes).all(|lista| lista.total == 0);
        let comparacion = self.despues.as_ref().unwrap_or(&self.comparacion);
        let enteras = self.huecos.is_empty() && self.ilegibles.is_empty() && !self.de_nadie();
        enteras && sin_faltas && self.leido.divergentes + self.leido.ilegibles == 0 && comparacion.todo_igual()
    }

    /// Whether a saga was asked for that neither the topics nor the tables know.
    pub fn de_nadie(&self) -> bool {
        let comparacion = &self.comparacion;
        let conocidas = self.leido.sagas + comparacion.solo_en_postgres.total + comparacion.en_marcha;
        self.saga.is_some() && conocidas == 0
    }
}

use std::collections::BTreeSet;

use super::Participantes;
use super::mundo::{CABEZA, Clave};
use crate::{Clase, Definicion, Direccion, Paso, Reversa};

/// Permutations kept; a flow with more of them is checked with more states than it needs.
const MAXIMAS: usize = 24;
/// Partial permutations that are tried; what is not found in so many is not used.
const TANTEOS: u32 = 5_000;

/// Permutations of the steps that leave the flow as it is, names aside: parallel branches alike. The first
/// is the identity.
///
/// Worlds that one of them turns into each other have the same future, so one stands for all.
pub(super) struct Simetrias(Vec<Permutacion>);

/// Where each step goes.
type Permutacion = Vec<usize>;

/// What decisions see of a step besides its place.
#[derive(PartialEq, Eq)]
struct Forma {
    clase: Clase,
    inicial: bool,
    propia: bool,
    /// Its first attempt is its last.
    unicos: [bool; 2],
    participante: Participantes,
}

impl Simetrias {
    pub(super) fn de(definicion: &Definicion) -> Self {
        let (mut permutaciones, mut tanteos) = (vec![(0..definicion.pasos().len()).collect()], TANTEOS);
        completar(definicion.pasos(), &mut Vec::new(), &mut permutaciones, &mut tanteos);
        Self(permutaciones)
    }

    /// No step stands for another.
    #[cfg(test)]
    pub(super) fn ninguna(pasos: usize) -> Self {
        Self(vec![(0..pasos).collect()])
    }

    /// The world that stands for this one, and the permutation that leads to it.
    pub(super) fn canonica(&self, clave: &Clave) -> (Clave, usize) {
        let permutadas = self.0.iter().enumerate().map(|(cual, permutacion)| (permutar(permutacion, clave), cual));
        permutadas.min().unwrap_or_else(|| (clave.clone(), 0))
    }

    /// Every step under its own name.
    pub(super) fn identidad(&self) -> Permutacion {
        self.0[0].clone()
    }

    /// The names of the steps before a permutation was applied, given those after it.
    pub(super) fn deshacer(&self, nombres: &[usize], cual: usize) -> Permutacion {
        let mut anteriores = nombres.to_vec();
        for (antes, &despues) in self.0[cual].iter().enumerate() {
            anteriores[despues] = nombres[antes];
        }
        anteriores
    }
}

fn permutar(permutacion: &[usize], clave: &Clave) -> Clave {
    let mut permutada = clave.clone();
    for (antes, &despues) in permutacion.iter().enumerate() {
        permutada[CABEZA + despues] = clave[CABEZA + antes];
    }
    permutada
}

/// Extends a partial permutation in every way; predecessors come first in the list of steps, so each new
/// step is compared with images that are known.
fn completar(pasos: &[Paso], parcial: &mut Permutacion, halladas: &mut Vec<Permutacion>, tanteos: &mut u32) {
    *tanteos = tanteos.saturating_sub(1);
    let siguiente = parcial.len();
    if siguiente == pasos.len() {
        if !halladas.contains(parcial) {
            halladas.push(parcial.clone());
        }
        return;
    }
    for imagen in 0..pasos.len() {
        if halladas.len() == MAXIMAS || *tanteos == 0 {
            return;
        }
        if !parcial.contains(&imagen) && se_corresponden(pasos, parcial, siguiente, imagen) {
            parcial.push(imagen);
            completar(pasos, parcial, halladas, tanteos);
            parcial.pop();
        }
    }
}

fn se_corresponden(pasos: &[Paso], parcial: &[usize], uno: usize, otro: usize) -> bool {
    let previos = |paso: &Paso| paso.despues_de.iter().map(|previo| lugar(pasos, previo)).collect::<BTreeSet<_>>();
    let imagen = |previo: usize| parcial.get(previo).copied();
    let trasladados: BTreeSet<_> = previos(&pasos[uno]).into_iter().map(|previo| previo.and_then(imagen)).collect();
    forma(&pasos[uno]) == forma(&pasos[otro])
        && trasladados == previos(&pasos[otro])
        && quien_cubre(pasos, uno).map(imagen) == quien_cubre(pasos, otro).map(Some)
}

fn forma(paso: &Paso) -> Forma {
    Forma {
        clase: paso.clase,
        inicial: paso.inicial,
        propia: matches!(paso.reversa, Reversa::Propia(_)),
        unicos: [Direccion::Hacer, Direccion::Deshacer].map(|direccion| paso.ultimo_intento(direccion) == 1),
        participante: paso.participante,
    }
}

fn quien_cubre(pasos: &[Paso], paso: usize) -> Option<usize> {
    match &pasos[paso].reversa {
        Reversa::Por(otro) => lugar(pasos, otro),
        Reversa::Propia(_) | Reversa::Ninguna => None,
    }
}

fn lugar(pasos: &[Paso], clave: &str) -> Option<usize> {
    pasos.iter().position(|paso| paso.clave == clave)
}

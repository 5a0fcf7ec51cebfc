use std::collections::{BTreeMap, BTreeSet};

use crate::Paso;

/// The transitive predecessors of each step. Tolerates unknown and repeated keys and cycles (a step
/// on a cycle is its own ancestor), so that validation can report everything at once.
pub(crate) struct Ancestros<'a>(BTreeMap<&'a str, BTreeSet<&'a str>>);

impl<'a> Ancestros<'a> {
    pub(crate) fn de(pasos: &'a [Paso]) -> Self {
        let mut directos: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for paso in pasos {
            let previos = paso.despues_de.iter().map(String::as_str);
            directos.entry(&paso.clave).or_default().extend(previos);
        }
        let clausura = directos.keys().map(|&clave| (clave, alcanzables(clave, &directos)));
        Self(clausura.collect())
    }

    /// Whether `previo` runs before `clave`, directly or through others.
    pub(crate) fn precede(&self, previo: &str, clave: &str) -> bool {
        self.0.get(clave).is_some_and(|previos| previos.contains(previo))
    }
}

fn alcanzables<'a>(clave: &'a str, directos: &BTreeMap<&'a str, BTreeSet<&'a str>>) -> BTreeSet<&'a str> {
    let mut vistos = BTreeSet::new();
    let mut pendientes = vec![clave];
    while let Some(actual) = pendientes.pop() {
        for &previo in directos.get(actual).into_iter().flatten() {
            if vistos.insert(previo) {
                pendientes.push(previo);
            }
        }
    }
    vistos
}

/// Orders acyclic steps predecessors first, otherwise as they were written.
pub(crate) fn ordenar(mut pasos: Vec<Paso>) -> Vec<Paso> {
    let mut ordenados: Vec<Paso> = Vec::with_capacity(pasos.len());
    let listo = |paso: &Paso, ordenados: &[Paso]| {
        let puesto = |previo: &String| ordenados.iter().any(|otro| otro.clave == *previo);
        paso.despues_de.iter().all(puesto)
    };
    while let Some(indice) = pasos.iter().position(|paso| listo(paso, &ordenados)) {
        ordenados.push(pasos.remove(indice));
    }
    ordenados
}

use std::collections::BTreeMap;

use suscripciones::dominio::IdSuscripcion;

use crate::mundo::Mundo;
use crate::nucleo::cerrojo;

/// A client has a product once at most, and who has it is who is said to have it.
pub fn revisar(mundo: &Mundo) -> Vec<String> {
    let base = cerrojo(&mundo.suscripciones);
    let mut vigentes: BTreeMap<(String, String), Vec<IdSuscripcion>> = BTreeMap::new();
    for (id, fila) in &base.suscripciones {
        let ficha = fila.suscripcion.ficha().filter(|_| fila.suscripcion.estado().es_vigente());
        if let Some(ficha) = ficha {
            let producto = (ficha.cliente.as_ref().to_owned(), ficha.plan.as_ref().to_owned());
            vigentes.entry(producto).or_default().push(*id);
        }
    }
    let repetidos = vigentes.iter().filter(|(_, titulares)| titulares.len() > 1);
    let mut faltas: Vec<String> =
        repetidos.map(|((cliente, plan), de)| format!("{cliente} tiene {plan} {} veces", de.len())).collect();
    let debidas: BTreeMap<_, _> =
        vigentes.into_iter().filter_map(|(de, titulares)| Some((de, *titulares.first()?))).collect();
    if faltas.is_empty() && debidas != base.contrataciones {
        faltas.push(format!("se contrató {debidas:?} y consta {:?}", base.contrataciones));
    }
    faltas
}

//! What a definition says of its messages, held against the schemas that it carries. Pure: asks nobody.

mod cargas;
mod esquema;
mod mensajes;

use std::collections::BTreeMap;

use saga::{Direccion, Examen, Orden};

use esquema::Esquema;
use mensajes::Papel;
pub use mensajes::{lectores, papeles};

use crate::aplicacion::puertos::Incumplimiento;

/// Every rule about messages that the document breaks: topics, schemas, payloads, outputs, personal data.
pub fn revisar_mensajes(examen: &Examen) -> Vec<Incumplimiento> {
    let papeles = mensajes::papeles(examen);
    let mut faltas = mensajes::revisar(examen, &papeles);
    let esquemas: BTreeMap<&str, Esquema> = examen
        .esquemas
        .iter()
        .filter_map(|(tipo, entrada)| Some((tipo.as_str(), Esquema::leer(&entrada["avsc"]).ok()?)))
        .collect();
    for (tipo, papel) in &papeles {
        if let Some(esquema) = esquemas.get(tipo.as_str()) {
            faltas.extend(esquema::revisar(tipo, esquema, *papel));
        }
    }
    for paso in &examen.pasos {
        for direccion in [Direccion::Hacer, Direccion::Deshacer] {
            if let Some(orden) = paso.orden(direccion).filter(|_| !(paso.inicial && direccion == Direccion::Hacer)) {
                faltas.extend(cargas::revisar(&ruta_de_carga(&paso.clave, direccion), orden, &esquemas));
            }
        }
        faltas.extend(cargas::revisar_salidas(paso, &esquemas));
    }
    faltas
}

fn ruta_de_carga(paso: &str, direccion: Direccion) -> String {
    match direccion {
        Direccion::Hacer => format!("pasos.{paso}.carga"),
        Direccion::Deshacer => format!("pasos.{paso}.deshacer.carga"),
    }
}

fn ordenes(examen: &Examen) -> impl Iterator<Item = (&saga::Paso, Direccion, &Orden)> {
    examen.pasos.iter().flat_map(|paso| {
        [Direccion::Hacer, Direccion::Deshacer]
            .into_iter()
            .filter_map(move |direccion| Some((paso, direccion, paso.orden(direccion)?)))
    })
}

fn falta(regla: &str, ruta: impl Into<String>, texto: impl Into<String>) -> Incumplimiento {
    Incumplimiento { regla: regla.to_owned(), ruta: ruta.into(), texto: texto.into() }
}

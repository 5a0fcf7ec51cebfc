use std::collections::BTreeMap;

use contratos::Schema;
use contratos::temas::{self, Clase};
use saga::{Direccion, Examen};
use serde_json::Value;

use super::{falta, ordenes};
use crate::aplicacion::puertos::Incumplimiento;
use crate::infraestructura::SERVICIO;

/// What a message is for in the sagas of a definition; each asks more of its schema than the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Papel {
    /// The command that begins the saga: somebody else sends it.
    Inicial,
    Comando,
    /// The command of an undo, which names the command that it undoes.
    Reversa,
    Respuesta,
}

/// Message type -> the most that it is for.
pub fn papeles(examen: &Examen) -> BTreeMap<String, Papel> {
    let mut papeles: BTreeMap<String, Papel> = BTreeMap::new();
    let mut anotar = |tipo: &str, papel: Papel| {
        if !tipo.is_empty() {
            papeles.entry(tipo.to_owned()).and_modify(|anterior| *anterior = papel.max(*anterior)).or_insert(papel);
        }
    };
    for (paso, direccion, orden) in ordenes(examen) {
        let papel = match direccion {
            Direccion::Hacer if paso.inicial => Papel::Inicial,
            Direccion::Hacer => Papel::Comando,
            Direccion::Deshacer => Papel::Reversa,
        };
        anotar(&orden.comando, papel);
        orden.exito.iter().chain(&orden.fallo).for_each(|tipo| anotar(tipo, Papel::Respuesta));
    }
    papeles
}

/// Each message has a topic, a schema and, if it is new, somebody who reads it; nothing else is carried along.
pub fn revisar(examen: &Examen, papeles: &BTreeMap<String, Papel>) -> Vec<Incumplimiento> {
    let mut faltas = Vec::new();
    let mut de_cada_tema: BTreeMap<&str, &str> = BTreeMap::new();
    for (tipo, papel) in papeles {
        let Some(entrada) = examen.esquemas.get(tipo) else {
            let texto = format!("«{tipo}» no es un mensaje de la plataforma y no trae tema ni esquema");
            faltas.push(falta("sin_esquema", format!("esquemas.{tipo}"), texto));
            continue;
        };
        faltas.extend(revisar_avsc(tipo, &entrada["avsc"]));
        match entrada["tema"].as_str() {
            Some(tema) => {
                faltas.extend(revisar_tema(tipo, tema));
                if let Some(otro) = de_cada_tema.insert(tema, tipo) {
                    let texto = format!("«{tema}» es también el de «{otro}»: cada tema lleva un tipo de mensaje");
                    faltas.push(falta("tema_repetido", format!("esquemas.{tipo}.tema"), texto));
                }
            }
            None => faltas.push(falta("sin_tema", format!("esquemas.{tipo}.tema"), format!("«{tipo}» no tiene tema"))),
        }
        faltas.extend(revisar_lectores(tipo, *papel, entrada));
    }
    for tipo in examen.esquemas.keys().filter(|tipo| !papeles.contains_key(*tipo)) {
        let texto = format!("ningún paso nombra «{tipo}»");
        faltas.push(falta("esquema_sobrante", format!("esquemas.{tipo}"), texto));
    }
    faltas.extend(revisar_inicial(examen));
    faltas
}

fn revisar_avsc(tipo: &str, avsc: &Value) -> Option<Incumplimiento> {
    let ruta = format!("esquemas.{tipo}.avsc");
    match Schema::parse(avsc) {
        Err(error) => Some(falta("esquema_ilegible", ruta, format!("no es un esquema Avro: {error}"))),
        Ok(Schema::Record(registro)) if registro.name.name() == tipo => None,
        Ok(_) => Some(falta("nombre_ajeno", ruta, format!("debe ser un registro de nombre «{tipo}»"))),
    }
}

fn revisar_tema(tipo: &str, tema: &str) -> Option<Incumplimiento> {
    let ruta = format!("esquemas.{tipo}.tema");
    let propio = temas::por_tipo(tipo).map(|propio| propio.nombre);
    match (propio, temas::por_nombre(tema)) {
        (Some(propio), _) if propio != tema => {
            Some(falta("tema_ajeno", ruta, format!("el tema de «{tipo}» en la plataforma es «{propio}»")))
        }
        (None, Some(ocupado)) => {
            Some(falta("tema_ocupado", ruta, format!("«{tema}» es el tema de «{}»", ocupado.tipo)))
        }
        (None, None) if !es_nombre(tema) => {
            Some(falta("tema_invalido", ruta, "debe tener de 1 a 100 minúsculas, cifras y guiones"))
        }
        _ => None,
    }
}

/// A command that nobody subscribed to is not kept for whoever comes later.
fn revisar_lectores(tipo: &str, papel: Papel, entrada: &Value) -> Option<Incumplimiento> {
    if papel == Papel::Respuesta || temas::por_tipo(tipo).is_some() {
        return None;
    }
    let lectores = lectores(entrada);
    let bien = !lectores.is_empty() && lectores.iter().all(|lector| es_nombre(lector));
    let texto = "debe nombrar las suscripciones de los servicios que lo leen";
    (!bien).then(|| falta("sin_lector", format!("esquemas.{tipo}.lectores"), texto))
}

/// The durable subscriptions of the services that read a command.
pub fn lectores(entrada: &Value) -> Vec<String> {
    let lectores = entrada["lectores"].as_array().into_iter().flatten();
    lectores.map(|lector| lector.as_str().unwrap_or_default().to_owned()).collect()
}

fn revisar_inicial(examen: &Examen) -> Option<Incumplimiento> {
    let inicial = examen.pasos.iter().find(|paso| paso.inicial)?;
    let nuestro = temas::por_tipo(&inicial.hacer.comando)
        .is_some_and(|tema| tema.clase == Clase::Comando && tema.suscripciones.contains(&SERVICIO));
    let texto = "el paso inicial lo hace suscripciones: su comando debe ser uno de los que atiende";
    (!nuestro).then(|| falta("inicial_ajeno", format!("pasos.{}.comando", inicial.clave), texto))
}

fn es_nombre(texto: &str) -> bool {
    (1..=100).contains(&texto.len())
        && texto.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && !texto.starts_with('-')
}

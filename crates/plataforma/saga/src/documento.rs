use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use crate::carga::MapaCarga;
use crate::modelo::Participantes;
use crate::validacion;
use crate::{Clase, Definicion, DefinicionInvalida, Falta, Orden, Paso, Reintento, Reversa, Violacion};

/// The document as written. What a rule demands is optional here, so that its absence is reported
/// with the other violations instead of stopping at the first.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Documento {
    clave: String,
    version: u32,
    pasos: Vec<DocumentoPaso>,
    #[serde(default)]
    esquemas: BTreeMap<String, Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DocumentoPaso {
    clave: String,
    clase: Clase,
    #[serde(default)]
    inicial: bool,
    #[serde(default)]
    comando: String,
    #[serde(default)]
    carga: BTreeMap<String, String>,
    #[serde(default)]
    exito: Vec<String>,
    #[serde(default)]
    fallo: Vec<String>,
    deshacer: Option<DocumentoReversa>,
    deshecho_por: Option<String>,
    #[serde(default)]
    despues_de: Vec<String>,
    #[serde(default)]
    salidas: BTreeMap<String, String>,
    #[serde(default)]
    plazo_ms: u32,
    #[serde(default)]
    reintento: Reintento,
    intentos: Option<u32>,
    #[serde(default)]
    participante: Participantes,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DocumentoReversa {
    #[serde(default)]
    comando: String,
    #[serde(default)]
    carga: BTreeMap<String, String>,
    #[serde(default)]
    exito: Vec<String>,
    #[serde(default)]
    fallo: Vec<String>,
}

/// A document as read, whatever rules it breaks: for who wants to look at all of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Examen {
    pub clave: String,
    pub version: u32,
    /// As written: keys may repeat, predecessors may be missing or form a cycle. A source that could not be read is
    /// left out of its payload.
    pub pasos: Vec<Paso>,
    pub esquemas: BTreeMap<String, Value>,
    pub faltas: Vec<Violacion>,
}

pub(crate) fn examinar(documento: &Value) -> Result<Examen, serde_json::Error> {
    let Documento { clave, version, pasos, esquemas } = Documento::deserialize(documento)?;
    let mut faltas = Vec::new();
    let pasos: Vec<Paso> = pasos.into_iter().map(|paso| leer_paso(paso, &mut faltas)).collect();
    faltas.extend(validacion::revisar(&clave, version, &pasos));
    Ok(Examen { clave, version, pasos, esquemas, faltas })
}

impl Examen {
    /// The definition, if the document breaks no rule.
    pub fn definicion(self) -> Result<Definicion, DefinicionInvalida> {
        if self.faltas.is_empty() {
            Ok(Definicion::nueva(self.clave, self.version, self.pasos, self.esquemas))
        } else {
            Err(DefinicionInvalida::Incumple(self.faltas))
        }
    }
}

fn leer_paso(paso: DocumentoPaso, faltas: &mut Vec<Violacion>) -> Paso {
    let mut anotar = |falta| {
        faltas.push(Violacion { paso: Some(paso.clave.clone()), falta });
    };
    let hacer = Orden {
        comando: paso.comando,
        carga: leer_carga(paso.carga, &mut anotar),
        exito: paso.exito,
        fallo: paso.fallo,
    };
    let reversa = match (paso.deshacer, paso.deshecho_por) {
        (Some(propia), otro) => {
            if otro.is_some() {
                anotar(Falta::ReversaDoble);
            }
            Reversa::Propia(leer_reversa(propia, &mut anotar))
        }
        (None, Some(otro)) => Reversa::Por(otro),
        (None, None) => Reversa::Ninguna,
    };
    Paso {
        clave: paso.clave,
        clase: paso.clase,
        inicial: paso.inicial,
        hacer,
        reversa,
        despues_de: paso.despues_de,
        salidas: paso.salidas,
        plazo_ms: paso.plazo_ms,
        reintento: paso.reintento,
        intentos: paso.intentos,
        participante: paso.participante,
    }
}

fn leer_reversa(reversa: DocumentoReversa, anotar: &mut impl FnMut(Falta)) -> Orden {
    for fuente in reversa.carga.values() {
        if validacion::es_personal(fuente) {
            anotar(Falta::DatoPersonal(fuente.clone()));
        }
    }
    let ajena = |fuente: &String| !validacion::es_personal(fuente);
    let carga = reversa.carga.into_iter().filter(|(_, fuente)| ajena(fuente));
    Orden { comando: reversa.comando, carga: leer_carga(carga, anotar), exito: reversa.exito, fallo: reversa.fallo }
}

fn leer_carga(carga: impl IntoIterator<Item = (String, String)>, anotar: &mut impl FnMut(Falta)) -> MapaCarga {
    let mut leida = MapaCarga::new();
    for (destino, fuente) in carga {
        match fuente.parse() {
            Ok(fuente) => {
                leida.insert(destino, fuente);
            }
            Err(falta) => anotar(falta),
        }
    }
    leida
}

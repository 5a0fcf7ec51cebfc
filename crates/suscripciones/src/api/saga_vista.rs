use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use saga::{Cambio, Definicion, Direccion, Entrada, EstadoPaso};
use serde::Serialize;
use serde_json::Value;

use super::linea_de_tiempo::Hito;
use crate::infraestructura::{FilaSaga, Transicion};

/// A saga as an operator sees it: where each step stands, and everything that happened.
#[derive(Serialize)]
pub struct VistaSaga {
    #[serde(flatten)]
    pub resumen: FilaSaga,
    /// Why it turned, when it did.
    pub motivo: Option<Value>,
    pub pasos: Vec<VistaPaso>,
    pub linea_de_tiempo: Vec<Hito>,
}

#[derive(Serialize)]
pub struct VistaPaso {
    pub clave: String,
    pub clase: &'static str,
    pub comando: String,
    pub estado: String,
    pub intento: Option<u32>,
    pub codigo: Option<String>,
    pub enviado: Option<DateTime<Utc>>,
    pub terminado: Option<DateTime<Utc>>,
    pub deshecho: Option<DateTime<Utc>>,
}

/// When a step was first sent, answered and undone.
#[derive(Default, Clone, Copy)]
struct Momentos {
    enviado: Option<DateTime<Utc>>,
    terminado: Option<DateTime<Utc>>,
    deshecho: Option<DateTime<Utc>>,
}

impl VistaSaga {
    pub fn nueva(resumen: FilaSaga, definicion: &Definicion, log: Vec<Transicion>) -> Result<Self, serde_json::Error> {
        let momentos = momentos(&log)?;
        let paso = |paso: &saga::Paso| {
            let momentos = momentos.get(&paso.clave).copied().unwrap_or_default();
            vista_paso(paso, resumen.estado.paso(&paso.clave), momentos)
        };
        Ok(Self {
            motivo: resumen.estado.motivo.as_ref().map(serde_json::to_value).transpose()?,
            pasos: definicion.pasos().iter().map(paso).collect(),
            resumen,
            linea_de_tiempo: log.into_iter().map(Hito::de).collect::<Result<_, _>>()?,
        })
    }
}

fn vista_paso(paso: &saga::Paso, estado: &EstadoPaso, momentos: Momentos) -> VistaPaso {
    let (nombre, intento, codigo) = match estado {
        EstadoPaso::Pendiente => ("pendiente", None, None),
        EstadoPaso::EnCurso { intento, .. } => ("en_curso", Some(*intento), None),
        EstadoPaso::Hecho => ("hecho", None, None),
        EstadoPaso::Fallido { codigo } => ("fallido", None, Some(codigo)),
        EstadoPaso::Incierto => ("incierto", None, None),
        EstadoPaso::Deshaciendo { intento, .. } => ("deshaciendo", Some(*intento), None),
        EstadoPaso::ReversaRechazada { intento, codigo, .. } => ("reversa_rechazada", Some(*intento), Some(codigo)),
        EstadoPaso::Deshecho => ("deshecho", None, None),
    };
    VistaPaso {
        clave: paso.clave.clone(),
        clase: match paso.clase {
            saga::Clase::Compensable => "compensable",
            saga::Clase::Pivote => "pivote",
            saga::Clase::Reintentable => "reintentable",
        },
        comando: paso.hacer.comando.clone(),
        estado: nombre.to_owned(),
        intento,
        codigo: codigo.map(ToString::to_string),
        enviado: momentos.enviado,
        terminado: momentos.terminado,
        deshecho: momentos.deshecho,
    }
}

fn momentos(log: &[Transicion]) -> Result<BTreeMap<String, Momentos>, serde_json::Error> {
    let mut pasos: BTreeMap<String, Momentos> = BTreeMap::new();
    for transicion in log {
        let entrada: Entrada = serde_json::from_value(transicion.entrada.clone())?;
        for cambio in entrada.cambios {
            match cambio {
                Cambio::Enviado { paso, direccion: Direccion::Hacer, .. } => {
                    pasos.entry(paso).or_default().enviado.get_or_insert(transicion.instante);
                }
                Cambio::Hecho { paso, .. } | Cambio::Fallido { paso, .. } => {
                    pasos.entry(paso).or_default().terminado = Some(transicion.instante);
                }
                Cambio::Deshecho { paso } => pasos.entry(paso).or_default().deshecho = Some(transicion.instante),
                _ => {}
            }
        }
    }
    Ok(pasos)
}

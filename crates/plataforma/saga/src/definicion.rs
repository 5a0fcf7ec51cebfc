use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use crate::modelo::Participantes;
use crate::{
    Codigo, CodigoInvalido, DefinicionInvalida, Direccion, EstadoPaso, EstadoSaga, Examen, MapaCarga, Salida,
    TipoRespuesta,
};
use crate::{documento, grafo};

/// Attempts after which a step that states none counts as stuck.
const INTENTOS_SIN_DECLARAR: u32 = 10;

/// A validated flow. It never changes: a new behaviour is a new `version`.
#[derive(Debug, Clone, PartialEq)]
pub struct Definicion {
    clave: String,
    version: u32,
    pasos: Vec<Paso>,
    esquemas: BTreeMap<String, Value>,
}

/// What failure means at a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Clase {
    /// Before the point of no return: failure unwinds.
    Compensable,
    /// The point of no return: refusal unwinds, silence is asked again for ever.
    Pivote,
    /// After it: forward only.
    Reintentable,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Paso {
    pub clave: String,
    pub clase: Clase,
    /// Runs in the transaction that creates the saga; its command is never sent by the saga.
    pub inicial: bool,
    pub hacer: Orden,
    pub reversa: Reversa,
    pub despues_de: Vec<String>,
    /// Output name -> dotted path in the success reply.
    pub salidas: BTreeMap<String, String>,
    pub plazo_ms: u32,
    pub reintento: Reintento,
    pub intentos: Option<u32>,
    /// What its participant does of what is demanded of all; only the check looks at it.
    pub participante: Participantes,
}

/// One command of a step, its payload and the message types that answer it.
#[derive(Debug, Clone, PartialEq)]
pub struct Orden {
    pub comando: String,
    pub carga: MapaCarga,
    pub exito: Vec<String>,
    pub fallo: Vec<String>,
}

/// How a step is undone.
#[derive(Debug, Clone, PartialEq)]
pub enum Reversa {
    Propia(Orden),
    /// Undone when the undo of that earlier step is done.
    Por(String),
    Ninguna,
}

/// Exponential backoff between attempts, capped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reintento {
    pub inicial_ms: u32,
    pub maximo_ms: u32,
}

/// A success reply whose declared output is not a code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("la salida {salida} del paso {paso} no se puede guardar")]
pub struct SalidaIlegible {
    pub paso: String,
    pub salida: String,
    #[source]
    pub causa: CodigoInvalido,
}

impl Definicion {
    /// Reads and validates a definition document; reports every broken rule, not the first.
    pub fn leer(documento: &Value) -> Result<Self, DefinicionInvalida> {
        documento::examinar(documento).map_err(DefinicionInvalida::Ilegible)?.definicion()
    }

    /// Reads a document whatever rules it breaks; fails only if it has not the shape of a definition.
    pub fn examinar(documento: &Value) -> Result<Examen, serde_json::Error> {
        documento::examinar(documento)
    }

    /// Keeps the steps in topological order, which every decision relies on.
    pub(crate) fn nueva(clave: String, version: u32, pasos: Vec<Paso>, esquemas: BTreeMap<String, Value>) -> Self {
        Self { clave, version, pasos: grafo::ordenar(pasos), esquemas }
    }

    pub fn clave(&self) -> &str {
        &self.clave
    }

    pub const fn version(&self) -> u32 {
        self.version
    }

    /// Every step, predecessors first.
    pub fn pasos(&self) -> &[Paso] {
        &self.pasos
    }

    pub fn paso(&self, clave: &str) -> Option<&Paso> {
        self.pasos.iter().find(|paso| paso.clave == clave)
    }

    /// The `{tema, avsc}` of each message type, as stored with the definition.
    pub const fn esquemas(&self) -> &BTreeMap<String, Value> {
        &self.esquemas
    }

    /// The command that an intent sends; none for an undo that belongs to another step.
    pub fn orden(&self, paso: &str, direccion: Direccion) -> Option<&Orden> {
        self.paso(paso)?.orden(direccion)
    }

    /// What a message type means as the answer to that command; none if it does not answer it.
    pub fn clasificar_respuesta(&self, paso: &str, direccion: Direccion, tipo: &str) -> Option<TipoRespuesta> {
        let orden = self.orden(paso, direccion)?;
        let contiene = |tipos: &[String]| tipos.iter().any(|otro| otro == tipo);
        if contiene(&orden.exito) {
            Some(TipoRespuesta::Exito)
        } else if contiene(&orden.fallo) {
            Some(TipoRespuesta::Fallo)
        } else {
            None
        }
    }

    /// Where a live saga stands: at the first step that waits for an answer, or else at the next one, or at the last. A
    /// validated flow has one step at least.
    pub(crate) fn paso_actual(&self, estado: &EstadoSaga) -> &Paso {
        let en_vuelo = self.pasos.iter().position(|paso| estado.paso(&paso.clave).en_vuelo().is_some());
        let pendiente = || self.pasos.iter().position(|paso| *estado.paso(&paso.clave) == EstadoPaso::Pendiente);
        &self.pasos[en_vuelo.or_else(pendiente).unwrap_or(self.pasos.len() - 1)]
    }

    /// Every step that runs after the given one, directly or through others.
    pub(crate) fn posteriores(&self, clave: &str) -> Vec<&Paso> {
        let mut posteriores: Vec<&Paso> = Vec::new();
        for paso in &self.pasos {
            let sigue = |previo: &String| *previo == clave || posteriores.iter().any(|otro| otro.clave == *previo);
            if paso.despues_de.iter().any(sigue) {
                posteriores.push(paso);
            }
        }
        posteriores
    }
}

impl Clase {
    /// Whether failure at such a step turns the saga.
    pub(crate) const fn hace_retroceder(self) -> bool {
        matches!(self, Self::Compensable | Self::Pivote)
    }
}

impl Paso {
    pub const fn orden(&self, direccion: Direccion) -> Option<&Orden> {
        match (direccion, &self.reversa) {
            (Direccion::Hacer, _) => Some(&self.hacer),
            (Direccion::Deshacer, Reversa::Propia(orden)) => Some(orden),
            (Direccion::Deshacer, Reversa::Por(_) | Reversa::Ninguna) => None,
        }
    }

    /// Takes the declared outputs out of a success reply; an absent or null field is left out.
    pub fn leer_salidas(&self, datos: &Value) -> Result<Salida, SalidaIlegible> {
        let mut leidas = Salida::new();
        for (salida, ruta) in &self.salidas {
            let campo = ruta.split('.').try_fold(datos, |dato, tramo| dato.get(tramo));
            let codigo = match campo {
                None | Some(Value::Null) => continue,
                Some(Value::String(texto)) => Codigo::try_from(texto.as_str()),
                Some(numero @ Value::Number(_)) => Codigo::try_from(numero.to_string()),
                Some(_) => Err(CodigoInvalido),
            };
            let codigo =
                codigo.map_err(|causa| SalidaIlegible { paso: self.clave.clone(), salida: salida.clone(), causa })?;
            leidas.insert(salida.clone(), codigo);
        }
        Ok(leidas)
    }

    /// When the given attempt, sent now, counts as unanswered; repeats also wait the backoff.
    pub(crate) fn vencimiento(&self, ahora_ms: i64, intento: u32) -> i64 {
        let espera = match intento {
            0 | 1 => 0,
            repetido => self.reintento.espera_ms(repetido - 1),
        };
        ahora_ms.saturating_add(i64::from(self.plazo_ms)).saturating_add(espera)
    }

    /// The attempt at which silence comes to mean something else: a compensable step gives up, and any other
    /// command is stuck.
    pub(crate) fn ultimo_intento(&self, direccion: Direccion) -> u32 {
        match (direccion, self.clase) {
            (Direccion::Hacer, Clase::Compensable) => self.limite(),
            _ => self.limite().saturating_add(1),
        }
    }

    pub(crate) fn limite(&self) -> u32 {
        self.intentos.unwrap_or(INTENTOS_SIN_DECLARAR)
    }
}

impl Reintento {
    /// The wait after that many failed attempts.
    pub(crate) fn espera_ms(self, fallidos: u32) -> i64 {
        let factor = 1_u64.checked_shl(fallidos.saturating_sub(1)).unwrap_or(u64::MAX);
        let espera = u64::from(self.inicial_ms).saturating_mul(factor).min(u64::from(self.maximo_ms));
        i64::try_from(espera).unwrap_or(i64::MAX)
    }
}

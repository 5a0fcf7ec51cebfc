use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Actor, Codigo, Direccion, Fase, Mando, Motivo, Salida, TipoRespuesta};

/// Why an entry exists.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "tipo", rename_all = "snake_case")]
pub enum Causa {
    Iniciada {
        respuesta: TipoRespuesta,
    },
    Respuesta {
        paso: String,
        direccion: Direccion,
        respuesta: TipoRespuesta,
    },
    PlazoVencido {
        paso: String,
        direccion: Direccion,
    },
    /// An operator ordered it.
    Mando {
        mando: Mando,
        actor: Actor,
        motivo: Option<Codigo>,
    },
    /// It moved to another version of its flow.
    Migrada {
        actor: Actor,
        motivo: Option<Codigo>,
        de: u32,
        a: u32,
    },
    /// The saga was rebuilt from its published log, whose end may be lost.
    Restaurada,
}

/// One fact about the saga. It carries every value that the state needs, so that the fold reads
/// neither a clock nor a definition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "tipo", rename_all = "snake_case")]
pub enum Cambio {
    /// The step's command goes out; attempts after the first repeat it under the same id.
    Enviado {
        paso: String,
        direccion: Direccion,
        intento: u32,
        vence_ms: i64,
    },
    Hecho {
        paso: String,
        salida: Salida,
    },
    /// The step answered with a business failure: it left nothing behind.
    Fallido {
        paso: String,
        codigo: Codigo,
    },
    /// Nobody knows whether the step happened; the unwinding treats it as if it had.
    Incierto {
        paso: String,
    },
    /// The undo was refused and goes again once its deadline passes.
    ReversaRechazada {
        paso: String,
        intento: u32,
        vence_ms: i64,
        codigo: Codigo,
    },
    Deshecho {
        paso: String,
    },
    Fase {
        fase: Fase,
        motivo: Option<Motivo>,
    },
    Atascada {
        atascada: bool,
    },
    Pausada {
        pausada: bool,
    },
    /// From here on silence never turns the saga: it may have gone further than its log tells.
    Restaurada,
    /// Steps have other names from here on, all at once; their commands keep the ids that they have.
    Renombrados {
        pasos: BTreeMap<String, String>,
    },
    /// The deadline of the step's outstanding command runs anew; nothing is sent.
    Rearmado {
        paso: String,
        vence_ms: i64,
    },
}

/// One entry of the saga's log; one entry is one version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entrada {
    pub causa: Causa,
    pub cambios: Vec<Cambio>,
}

/// What has to leave the process once the entry is stored.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Intencion {
    /// Sends the step's command of that direction, under the id that all its attempts share.
    Enviar { paso: String, direccion: Direccion, intento: u32 },
}

/// Lists what an entry asks to send, in order.
pub fn intenciones(entrada: &Entrada) -> Vec<Intencion> {
    let enviar = |cambio: &Cambio| match cambio {
        Cambio::Enviado { paso, direccion, intento, .. } => {
            Some(Intencion::Enviar { paso: paso.clone(), direccion: *direccion, intento: *intento })
        }
        _ => None,
    };
    entrada.cambios.iter().filter_map(enviar).collect()
}

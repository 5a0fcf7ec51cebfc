use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The hidden subcommand that makes this program clean one file and end.
pub const ORDEN: &str = "__limpiar";

/// Most bytes of the text that begins each of the two messages.
pub(super) const TEXTO_MAXIMO: u32 = 8 * 1024 * 1024;

/// What the service asks; the bytes of the file follow it. It comes through a pipe: a process's arguments and
/// variables can be read by others.
#[derive(Serialize, Deserialize)]
pub(super) struct Pedido {
    pub clave: String,
    pub inquilino: String,
    pub formato: String,
    pub bytes: u64,
    /// Of the file; another one means that it is not the file that was taken in.
    pub sha256: String,
    pub memoria: u64,
    /// Seconds of processor.
    pub segundos: u64,
}

/// What the child answers; after `Limpia`, the bytes of the clean file follow.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Respuesta {
    Limpia { bytes: u64, retirados: BTreeMap<String, u64>, informe: Value, atributos: Hallazgos },
    Rechazada { codigo: String, informe: Option<Value> },
}

/// What the clean file says.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct Hallazgos {
    pub paciente: Option<String>,
    pub modalidad: Option<String>,
    pub region_anatomica: Option<String>,
    pub estudio: Option<String>,
    pub serie: Option<String>,
    pub instancia: Option<String>,
    pub clase: Option<String>,
}

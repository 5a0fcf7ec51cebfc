use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Cambio, Codigo, Direccion, Entrada, Salida};

/// Where a saga stands as a whole; the last four are terminal and absorb every event.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fase {
    #[default]
    Avanzando,
    Deshaciendo,
    Completada,
    /// Past the point of no return, but a retriable step failed for good.
    CompletadaConAvisos,
    Compensada,
    /// An operator ended it where it stood; its steps tell what it left.
    Abandonada,
}

impl Fase {
    pub const fn es_terminal(self) -> bool {
        matches!(self, Self::Completada | Self::CompletadaConAvisos | Self::Compensada | Self::Abandonada)
    }
}

/// Which step turned the saga, and with what code.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Motivo {
    pub paso: String,
    pub codigo: Codigo,
}

/// Where one step stands. `vence_ms` is in milliseconds since the epoch; attempts count from 1.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "estado", rename_all = "snake_case")]
pub enum EstadoPaso {
    /// Never sent: there is nothing to undo.
    #[default]
    Pendiente,
    EnCurso {
        intento: u32,
        vence_ms: i64,
    },
    Hecho,
    Fallido {
        codigo: Codigo,
    },
    /// Sent, unanswered, and given up on because the saga unwinds.
    Incierto,
    Deshaciendo {
        intento: u32,
        vence_ms: i64,
    },
    /// Its undo was refused and goes again at `vence_ms`.
    ReversaRechazada {
        intento: u32,
        vence_ms: i64,
        codigo: Codigo,
    },
    Deshecho,
}

impl EstadoPaso {
    /// The command that waits for an answer: direction, attempt and deadline.
    pub const fn en_vuelo(&self) -> Option<(Direccion, u32, i64)> {
        match *self {
            Self::EnCurso { intento, vence_ms } => Some((Direccion::Hacer, intento, vence_ms)),
            Self::Deshaciendo { intento, vence_ms } | Self::ReversaRechazada { intento, vence_ms, .. } => {
                Some((Direccion::Deshacer, intento, vence_ms))
            }
            _ => None,
        }
    }

    const fn plazo(&mut self) -> Option<&mut i64> {
        match self {
            Self::EnCurso { vence_ms, .. }
            | Self::Deshaciendo { vence_ms, .. }
            | Self::ReversaRechazada { vence_ms, .. } => Some(vence_ms),
            _ => None,
        }
    }

    /// Whether the step did something, or may have, that has not been undone.
    pub const fn deja_efecto(&self) -> bool {
        match self {
            Self::Pendiente | Self::Fallido { .. } | Self::Deshecho => false,
            Self::EnCurso { .. }
            | Self::Hecho
            | Self::Incierto
            | Self::Deshaciendo { .. }
            | Self::ReversaRechazada { .. } => true,
        }
    }
}

/// The saga as its log tells it; `EstadoSaga::default()` is the empty log.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct EstadoSaga {
    /// How many entries were folded.
    pub version: i64,
    pub fase: Fase,
    /// A command has gone out more often than its step allows and still has no answer.
    pub atascada: bool,
    /// Replies are recorded, but no command leaves and no deadline passes.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub pausada: bool,
    /// It was rebuilt from its published log, and may have gone further than that tells: silence never turns it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub restaurada: bool,
    pub motivo: Option<Motivo>,
    /// Steps that have left `Pendiente`.
    pub pasos: BTreeMap<String, EstadoPaso>,
    pub salidas: BTreeMap<String, Salida>,
    /// Steps that were sent under another name: the name that the ids of their commands derive from.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub claves: BTreeMap<String, String>,
}

impl EstadoSaga {
    pub fn paso(&self, clave: &str) -> &EstadoPaso {
        self.pasos.get(clave).unwrap_or(&EstadoPaso::Pendiente)
    }

    pub fn salida(&self, paso: &str, campo: &str) -> Option<&Codigo> {
        self.salidas.get(paso)?.get(campo)
    }

    /// The name that the ids of a step's commands derive from: its own, unless a migration renamed it on the way.
    pub fn clave_de_comando<'a>(&'a self, paso: &'a str) -> &'a str {
        self.claves.get(paso).map_or(paso, String::as_str)
    }

    /// Every command that waits for an answer: step, direction, attempt and deadline. None once it ended.
    pub fn en_vuelo(&self) -> impl Iterator<Item = (&str, Direccion, u32, i64)> {
        self.pasos.iter().filter(|_| !self.fase.es_terminal()).filter_map(|(clave, paso)| {
            let (direccion, intento, vence_ms) = paso.en_vuelo()?;
            Some((clave.as_str(), direccion, intento, vence_ms))
        })
    }

    /// The earliest deadline, in milliseconds since the epoch; none while it is paused.
    pub fn proximo_plazo(&self) -> Option<i64> {
        self.con_plazo().map(|(.., vence_ms)| vence_ms).min()
    }

    /// The steps whose deadline has passed.
    pub fn vencidos(&self, ahora_ms: i64) -> impl Iterator<Item = &str> {
        self.con_plazo().filter(move |(.., vence_ms)| *vence_ms <= ahora_ms).map(|(paso, ..)| paso)
    }

    fn con_plazo(&self) -> impl Iterator<Item = (&str, Direccion, u32, i64)> {
        self.en_vuelo().filter(|_| !self.pausada)
    }

    pub(crate) fn cambiar(&mut self, cambio: &Cambio) {
        match cambio.clone() {
            Cambio::Enviado { paso, direccion: Direccion::Hacer, intento, vence_ms } => {
                self.poner(paso, EstadoPaso::EnCurso { intento, vence_ms })
            }
            Cambio::Enviado { paso, direccion: Direccion::Deshacer, intento, vence_ms } => {
                self.poner(paso, EstadoPaso::Deshaciendo { intento, vence_ms })
            }
            Cambio::Hecho { paso, salida } => {
                if !salida.is_empty() {
                    self.salidas.insert(paso.clone(), salida);
                }
                self.poner(paso, EstadoPaso::Hecho);
            }
            Cambio::Fallido { paso, codigo } => self.poner(paso, EstadoPaso::Fallido { codigo }),
            Cambio::Incierto { paso } => self.poner(paso, EstadoPaso::Incierto),
            Cambio::ReversaRechazada { paso, intento, vence_ms, codigo } => {
                self.poner(paso, EstadoPaso::ReversaRechazada { intento, vence_ms, codigo })
            }
            Cambio::Deshecho { paso } => self.poner(paso, EstadoPaso::Deshecho),
            Cambio::Fase { fase, motivo } => {
                self.fase = fase;
                self.motivo = motivo;
            }
            Cambio::Atascada { atascada } => self.atascada = atascada,
            Cambio::Pausada { pausada } => self.pausada = pausada,
            Cambio::Restaurada => self.restaurada = true,
            Cambio::Renombrados { pasos } => self.renombrar(&pasos),
            Cambio::Rearmado { paso, vence_ms } => {
                if let Some(plazo) = self.pasos.get_mut(&paso).and_then(EstadoPaso::plazo) {
                    *plazo = vence_ms;
                }
            }
        }
    }

    fn renombrar(&mut self, nombres: &BTreeMap<String, String>) {
        let nombre = |clave: String| nombres.get(&clave).cloned().unwrap_or(clave);
        let mut claves = std::mem::take(&mut self.claves);
        let renombradas: Vec<(String, String)> = nombres
            .iter()
            .map(|(antes, ahora)| (ahora.clone(), claves.remove(antes).unwrap_or_else(|| antes.clone())))
            .collect();
        claves.extend(renombradas);
        claves.retain(|paso, clave| paso != clave);
        self.claves = claves;
        self.pasos = std::mem::take(&mut self.pasos).into_iter().map(|(clave, paso)| (nombre(clave), paso)).collect();
        self.salidas =
            std::mem::take(&mut self.salidas).into_iter().map(|(clave, salida)| (nombre(clave), salida)).collect();
        if let Some(motivo) = &mut self.motivo {
            motivo.paso = nombre(std::mem::take(&mut motivo.paso));
        }
    }

    fn poner(&mut self, paso: String, estado: EstadoPaso) {
        self.pasos.insert(paso, estado);
    }
}

/// Folds one log entry into the state; never fails, whatever the entry says.
pub fn aplicar(mut estado: EstadoSaga, entrada: &Entrada) -> EstadoSaga {
    for cambio in &entrada.cambios {
        estado.cambiar(cambio);
    }
    estado.version += 1;
    estado
}

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use saga::migracion::{NoMigrable, Razon};
use saga::{Codigo, Mando, MandoRechazado};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::mudanza::{Mudanza, codigo_de_mudanza};
use super::puertos::{Avance, Saga};
use crate::dominio::IdSaga;

/// What an operator may order of a saga, as requests say it and tables keep it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "mando", rename_all = "snake_case")]
pub enum Orden {
    Reintentar {
        paso: String,
    },
    Saltar {
        paso: String,
        #[serde(default)]
        salida: BTreeMap<String, Codigo>,
    },
    Compensar,
    Pausar,
    Reanudar,
    Abandonar,
    /// Only many at once, and after a plan: see [`super::Mudador`].
    Migrar(Mudanza),
}

/// Why a saga does not take an order.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Rechazo {
    #[error(transparent)]
    Mando(MandoRechazado),
    #[error(transparent)]
    Mudanza(NoMigrable),
    #[error("una de las dos versiones ya no se puede usar")]
    SinVersion,
}

/// An order and whoever is behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Encargo {
    pub inquilino: String,
    pub orden: Orden,
    pub actor: String,
    pub motivo: Option<Codigo>,
    /// The batch it belongs to.
    pub lote: Option<Uuid>,
}

/// What came of an order on one saga.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asiento {
    pub saga: IdSaga,
    pub resultado: Resultado,
    pub instante: DateTime<Utc>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resultado {
    /// It is this version of the saga's log.
    Aplicado {
        version: i64,
    },
    Rechazado(Rechazo),
    /// The saga is not what the operator was shown, or did not stand still.
    Cambiada,
}

impl Encargo {
    /// Decides what the order means for a saga as read, without changing anything.
    pub fn decidir(&self, mando: &Mando, saga: &Saga, ahora: DateTime<Utc>) -> Result<Avance, MandoRechazado> {
        let motivo = self.motivo.as_ref().map(Codigo::as_str);
        let (definicion, estado) = (&saga.definicion, &saga.estado);
        let entrada = saga::ordenar(definicion, estado, mando, &self.actor, motivo, ahora.timestamp_millis())?;
        let despues = saga::aplicar(estado.clone(), &entrada);
        Ok(Avance { saga: saga.clone(), entradas: vec![entrada], estado: despues, instante: ahora })
    }
}

impl Orden {
    /// What the saga's own definition decides; a move takes another one.
    pub(super) fn mando(&self) -> Result<Mando, &Mudanza> {
        Ok(match self {
            Self::Reintentar { paso } => Mando::Reintentar { paso: paso.clone() },
            Self::Saltar { paso, salida } => Mando::Saltar { paso: paso.clone(), salida: salida.clone() },
            Self::Compensar => Mando::Compensar,
            Self::Pausar => Mando::Pausar,
            Self::Reanudar => Mando::Reanudar,
            Self::Abandonar => Mando::Abandonar,
            Self::Migrar(mudanza) => return Err(mudanza),
        })
    }
}

impl Resultado {
    pub const fn nombre(&self) -> &'static str {
        match self {
            Self::Aplicado { .. } => "aplicado",
            Self::Rechazado(_) => "rechazado",
            Self::Cambiada => "cambiada",
        }
    }

    /// Why the saga did not take the order.
    pub const fn codigo(&self) -> Option<&'static str> {
        match self {
            Self::Aplicado { .. } => None,
            Self::Rechazado(rechazo) => Some(rechazo.codigo()),
            Self::Cambiada => Some("saga_cambiada"),
        }
    }

    pub const fn version(&self) -> Option<i64> {
        match self {
            Self::Aplicado { version } => Some(*version),
            Self::Rechazado(_) | Self::Cambiada => None,
        }
    }
}

impl Rechazo {
    /// It is no answer: the saga was not looked at, for want of time.
    pub(super) const fn aplaza(&self) -> bool {
        matches!(self, Self::Mudanza(NoMigrable::Fijada(Razon::SinTiempo)))
    }

    /// Its stable code.
    pub const fn codigo(&self) -> &'static str {
        match self {
            Self::Mando(rechazo) => codigo_de(rechazo),
            Self::Mudanza(impedimento) => codigo_de_mudanza(impedimento),
            Self::SinVersion => "version_no_disponible",
        }
    }
}

const fn codigo_de(rechazo: &MandoRechazado) -> &'static str {
    match rechazo {
        MandoRechazado::NoIniciada => "saga_no_iniciada",
        MandoRechazado::Terminada(_) => "saga_terminada",
        MandoRechazado::EnPausa => "saga_en_pausa",
        MandoRechazado::YaEnPausa => "ya_en_pausa",
        MandoRechazado::SinPausa => "sin_pausa",
        MandoRechazado::PasoDesconocido(_) => "paso_desconocido",
        MandoRechazado::NadaQueReintentar(_) => "nada_que_reintentar",
        MandoRechazado::NadaQueSaltar(_) => "nada_que_saltar",
        MandoRechazado::PivoteNoSeSalta(_) => "pivote_no_se_salta",
        MandoRechazado::ReversaNoSeSalta => "reversa_no_se_salta",
        MandoRechazado::SalidaNoDeclarada { .. } => "salida_no_declarada",
        MandoRechazado::FaltaSalida { .. } => "falta_salida",
        MandoRechazado::YaDeshaciendo => "ya_deshaciendo",
        MandoRechazado::SinVueltaAtras(_) => "sin_vuelta_atras",
        MandoRechazado::SinMotivo => "sin_motivo",
        MandoRechazado::MotivoInvalido(_) => "motivo_invalido",
        MandoRechazado::ActorInvalido(_) => "actor_invalido",
        MandoRechazado::FinalPerdido(_) => "final_perdido",
    }
}

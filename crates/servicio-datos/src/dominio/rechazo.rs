use super::{CodigoDataset, CodigoExperto, CodigoNube, Especialidad};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Why a command was refused for good. The message is what the client reads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "causa", content = "sobre", rename_all = "snake_case")]
pub enum Rechazo {
    #[error("la nube {0} no está en el catálogo")]
    NubeDesconocida(CodigoNube),
    #[error("la nube {0} no tiene cupo")]
    SinCupoNube(CodigoNube),
    #[error("el conjunto de datos {0} no está en el catálogo")]
    DatasetDesconocido(CodigoDataset),
    #[error("el conjunto de datos {0} fue retirado")]
    DatasetRetirado(CodigoDataset),
    #[error("no hay expertos disponibles en {0}")]
    SinExperto(Especialidad),
    #[error("el experto {0} no está disponible")]
    ExpertoNoDisponible(CodigoExperto),
    #[error("el servicio de datos no existe")]
    NoExiste,
    #[error("el estado del servicio de datos no lo permite")]
    EstadoInvalido,
    #[error("la orden fue cancelada antes de llegar")]
    ComandoCancelado,
    #[error("falta el campo {0} o no es válido")]
    DatosIncompletos(Campo),
}

impl Rechazo {
    /// The stable code that other services and clients act on.
    pub fn codigo(&self) -> &'static str {
        match self {
            Self::NubeDesconocida(_) => "nube_desconocida",
            Self::SinCupoNube(_) => "sin_cupo_nube",
            Self::DatasetDesconocido(_) => "dataset_desconocido",
            Self::DatasetRetirado(_) => "dataset_retirado",
            Self::SinExperto(_) | Self::ExpertoNoDisponible(_) => "sin_experto",
            Self::NoExiste => "no_existe",
            Self::EstadoInvalido => "estado_invalido",
            Self::ComandoCancelado => "comando_cancelado",
            Self::DatosIncompletos(_) => "datos_incompletos",
        }
    }
}

/// A field that a command must carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Campo {
    Cliente,
    Plan,
    Nube,
    Dataset,
    Especialidad,
    Experto,
    Servicio,
}

impl fmt::Display for Campo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Cliente => "cliente_codigo",
            Self::Plan => "plan_codigo",
            Self::Nube => "nube.codigo",
            Self::Dataset => "dataset.codigo",
            Self::Especialidad => "especialidad",
            Self::Experto => "experto",
            Self::Servicio => "id_serviciodatos",
        })
    }
}

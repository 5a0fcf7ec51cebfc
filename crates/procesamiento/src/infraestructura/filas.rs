use std::error::Error;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sqlx::types::Json;
use uuid::Uuid;

use crate::aplicacion::{ErrorRepositorio, Versionada};
use crate::dominio::{
    ErrorValor, Ficha, ImagenAnonimizada, Inquilino, Modalidad, Paciente, Patologia, Perfil, RegionAnatomica,
    Resultado, Retirados,
};

/// A row of table `imagen`.
pub(super) struct Fila {
    pub(super) id: Uuid,
    pub(super) inquilino: String,
    pub(super) estado: String,
    pub(super) version: i64,
    pub(super) modalidad: String,
    pub(super) patologia: String,
    pub(super) region_anatomica: String,
    pub(super) formato_imagen: String,
    pub(super) fuente_de_datos: String,
    pub(super) paciente: String,
    pub(super) ingesta: DateTime<Utc>,
    pub(super) con_antecedentes: bool,
    pub(super) perfil: Option<String>,
    pub(super) retirados: Option<Json<FilaRetirados>>,
    pub(super) anonimizada: Option<DateTime<Utc>>,
}

/// The counts as they stand in the database.
#[derive(Serialize, Deserialize)]
pub(super) struct FilaRetirados {
    id_paciente: u32,
    antecedentes: u32,
}

impl From<Retirados> for FilaRetirados {
    fn from(retirados: Retirados) -> Self {
        Self { id_paciente: retirados.id_paciente, antecedentes: retirados.antecedentes }
    }
}

impl From<FilaRetirados> for Retirados {
    fn from(fila: FilaRetirados) -> Self {
        Self { id_paciente: fila.id_paciente, antecedentes: fila.antecedentes }
    }
}

impl TryFrom<Fila> for Versionada {
    type Error = ErrorRepositorio;

    fn try_from(fila: Fila) -> Result<Self, ErrorRepositorio> {
        let incoherente = || ErrorRepositorio::Incoherente { tabla: "imagen", id: fila.id };
        let ficha = fila.ficha().map_err(|_| incoherente())?;
        let imagen = match (fila.estado.as_str(), &fila.perfil, fila.anonimizada) {
            ("recibida", None, None) => ImagenAnonimizada::Recibida { ficha, con_antecedentes: fila.con_antecedentes },
            ("anonimizada", Some(perfil), Some(cuando)) => {
                let perfil = Perfil::leer(perfil).ok_or_else(incoherente)?;
                let Json(retirados) =
                    fila.retirados.ok_or(ErrorRepositorio::Incoherente { tabla: "imagen", id: fila.id })?;
                ImagenAnonimizada::Anonimizada {
                    ficha,
                    resultado: Resultado { perfil, retirados: retirados.into(), cuando },
                }
            }
            _ => return Err(incoherente()),
        };
        Ok(Self { imagen, version: fila.version })
    }
}

impl Fila {
    fn ficha(&self) -> Result<Ficha, ErrorValor> {
        Ok(Ficha {
            inquilino: Inquilino::try_from(self.inquilino.as_str())?,
            modalidad: Modalidad::try_from(self.modalidad.as_str())?,
            patologia: Patologia::try_from(self.patologia.as_str())?,
            region_anatomica: RegionAnatomica::try_from(self.region_anatomica.as_str())?,
            formato_imagen: self.formato_imagen.as_str().try_into()?,
            fuente_de_datos: self.fuente_de_datos.as_str().try_into()?,
            paciente: Paciente::try_from(self.paciente.as_str())?,
            fecha_ingesta: self.ingesta.into(),
        })
    }
}

/// The store failed; the use case can only hand it on.
pub(super) fn tecnico(error: impl Error + Send + Sync + 'static) -> ErrorRepositorio {
    ErrorRepositorio::Tecnico(Box::new(error))
}

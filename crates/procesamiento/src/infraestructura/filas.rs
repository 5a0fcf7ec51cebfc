use std::collections::BTreeMap;
use std::error::Error;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::types::Json;
use uuid::Uuid;

use crate::aplicacion::{ErrorRepositorio, Versionada};
use crate::dominio::{
    Archivo, Atributos, Causa, ClaveObjeto, ErrorValor, Ficha, FormatoArchivo, Huella, ImagenAnonimizada, Inquilino,
    Modalidad, Original, Paciente, Patologia, Perfil, RegionAnatomica, Resultado, Retirados,
};

/// A row of table `imagen`, with its files.
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
    pub(super) causa: Option<String>,
    pub(super) informe: Option<Value>,
    pub(super) original: Option<Json<FilaOriginal>>,
    pub(super) archivo: Option<Json<FilaArchivo>>,
}

/// A row of table `borrado_pendiente`.
#[derive(Deserialize)]
pub(super) struct FilaOriginal {
    objeto: String,
    formato: String,
    bytes: u64,
    sha256: String,
}

/// A row of table `archivo`.
#[derive(Deserialize)]
pub(super) struct FilaArchivo {
    objeto: String,
    formato: String,
    bytes: u64,
    sha256: String,
    estudio: Option<String>,
    serie: Option<String>,
    instancia: Option<String>,
    clase: Option<String>,
    informe: Value,
}

/// The counts as they stand in the database.
#[derive(Serialize, Deserialize)]
pub(super) struct FilaRetirados {
    id_paciente: u32,
    antecedentes: u32,
    #[serde(flatten)]
    del_archivo: BTreeMap<String, u64>,
}

impl From<Retirados> for FilaRetirados {
    fn from(retirados: Retirados) -> Self {
        let Retirados { id_paciente, antecedentes, del_archivo } = retirados;
        Self { id_paciente, antecedentes, del_archivo }
    }
}

impl From<FilaRetirados> for Retirados {
    fn from(fila: FilaRetirados) -> Self {
        Self { id_paciente: fila.id_paciente, antecedentes: fila.antecedentes, del_archivo: fila.del_archivo }
    }
}

impl TryFrom<FilaOriginal> for Original {
    type Error = ErrorValor;

    fn try_from(fila: FilaOriginal) -> Result<Self, ErrorValor> {
        Ok(Self {
            objeto: ClaveObjeto::try_from(fila.objeto.as_str())?,
            formato: FormatoArchivo::leer(&fila.formato).ok_or(ErrorValor::Ausente)?,
            bytes: fila.bytes,
            sha256: Huella::try_from(fila.sha256.as_str())?,
        })
    }
}

impl TryFrom<FilaArchivo> for Archivo {
    type Error = ErrorValor;

    fn try_from(fila: FilaArchivo) -> Result<Self, ErrorValor> {
        Ok(Self {
            objeto: ClaveObjeto::try_from(fila.objeto.as_str())?,
            formato: FormatoArchivo::leer(&fila.formato).ok_or(ErrorValor::Ausente)?,
            bytes: fila.bytes,
            sha256: Huella::try_from(fila.sha256.as_str())?,
            atributos: Atributos {
                estudio: fila.estudio,
                serie: fila.serie,
                instancia: fila.instancia,
                clase: fila.clase,
            },
            informe: fila.informe.to_string(),
        })
    }
}

impl TryFrom<Fila> for Versionada {
    type Error = ErrorRepositorio;

    fn try_from(fila: Fila) -> Result<Self, ErrorRepositorio> {
        let (id, version) = (fila.id, fila.version);
        let incoherente = || ErrorRepositorio::Incoherente { tabla: "imagen", id };
        let imagen = fila.imagen().map_err(|_| incoherente())?;
        Ok(Self { imagen: imagen.ok_or_else(incoherente)?, version })
    }
}

impl Fila {
    /// `None`: its columns contradict its state.
    fn imagen(mut self) -> Result<Option<ImagenAnonimizada>, ErrorValor> {
        let ficha = self.ficha()?;
        let original = self.original.take().map(|Json(fila)| Original::try_from(fila)).transpose()?;
        let archivo = self.archivo.take().map(|Json(fila)| Archivo::try_from(fila)).transpose()?;
        let causa =
            self.causa.take().map(|codigo| Causa { codigo, informe: self.informe.map(|json| json.to_string()) });
        let imagen = match (self.estado.as_str(), self.perfil.as_deref().and_then(Perfil::leer), causa) {
            ("recibida", None, None) => {
                ImagenAnonimizada::Recibida { ficha, con_antecedentes: self.con_antecedentes, original }
            }
            ("anonimizada", Some(perfil), None) => {
                let (Some(Json(retirados)), Some(cuando)) = (self.retirados, self.anonimizada) else {
                    return Ok(None);
                };
                let resultado = Resultado { perfil, retirados: retirados.into(), cuando, archivo };
                ImagenAnonimizada::Anonimizada { ficha, resultado }
            }
            ("cuarentena", None, Some(causa)) => ImagenAnonimizada::EnCuarentena { ficha, causa },
            ("fallida", None, Some(causa)) => ImagenAnonimizada::Fallida { ficha, causa },
            _ => return Ok(None),
        };
        Ok(Some(imagen))
    }

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

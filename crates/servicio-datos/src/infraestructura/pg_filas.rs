use super::errores::incoherente;
use crate::aplicacion::{ErrorRepositorio, Ficha};
use crate::dominio::{
    Asignacion, CodigoCliente, CodigoDataset, CodigoExperto, CodigoInvalido, CodigoNube, CodigoPlan, Contrato,
    Especialidad, Estado, EstadoDesconocido, IdServicioDatos, IdSuscripcion, Inquilino, Motivo, ServicioDatos, Titular,
};
use chrono::{DateTime, Utc};
use uuid::Uuid;

/// A row of table `servicio_datos`.
pub(super) struct FilaServicio {
    pub id: Uuid,
    pub id_suscripcion: Uuid,
    pub inquilino: String,
    pub codigo_cliente: String,
    pub codigo_plan: String,
    pub codigo_nube: String,
    pub codigo_dataset: String,
    pub estado: String,
    pub codigo_experto: Option<String>,
    pub especialidad: Option<String>,
    pub motivo: Option<String>,
    pub version: i64,
    pub creado: DateTime<Utc>,
    pub actualizado: DateTime<Utc>,
}

/// Why a row is no data service.
#[derive(Debug, thiserror::Error)]
enum FilaInvalida {
    #[error("a code is not valid")]
    Codigo(#[from] CodigoInvalido),
    #[error(transparent)]
    Estado(#[from] EstadoDesconocido),
    #[error("the state and its expert do not go together")]
    Asignacion,
}

impl TryFrom<FilaServicio> for Ficha {
    type Error = ErrorRepositorio;

    fn try_from(fila: FilaServicio) -> Result<Self, ErrorRepositorio> {
        let (id, version, creado, actualizado) = (fila.id, fila.version, fila.creado, fila.actualizado);
        let servicio = servicio(fila).map_err(incoherente("servicio_datos", id))?;
        Ok(Self { id: IdServicioDatos(id), version, servicio, creado, actualizado })
    }
}

fn servicio(fila: FilaServicio) -> Result<ServicioDatos, FilaInvalida> {
    let asignacion = match (fila.codigo_experto, fila.especialidad) {
        (Some(experto), Some(especialidad)) => Some(Asignacion {
            experto: CodigoExperto::try_from(experto)?,
            especialidad: Especialidad::try_from(especialidad)?,
        }),
        (None, None) => None,
        (Some(_), None) | (None, Some(_)) => return Err(FilaInvalida::Asignacion),
    };
    let contrato = Contrato {
        titular: Titular {
            suscripcion: IdSuscripcion(fila.id_suscripcion),
            inquilino: Inquilino::try_from(fila.inquilino)?,
        },
        cliente: CodigoCliente::try_from(fila.codigo_cliente)?,
        plan: CodigoPlan::try_from(fila.codigo_plan)?,
        nube: CodigoNube::try_from(fila.codigo_nube)?,
        dataset: CodigoDataset::try_from(fila.codigo_dataset)?,
    };
    match (Estado::try_from(fila.estado.as_str())?, asignacion) {
        (Estado::Creado, None) => Ok(ServicioDatos::Creado { contrato }),
        (Estado::ExpertoAsignado, Some(asignacion)) => Ok(ServicioDatos::ExpertoAsignado { contrato, asignacion }),
        (Estado::Iniciado, Some(asignacion)) => Ok(ServicioDatos::Iniciado { contrato, asignacion }),
        (Estado::Terminado, asignacion) => {
            let motivo = fila.motivo.as_deref().and_then(Motivo::nuevo);
            Ok(ServicioDatos::Terminado { contrato, asignacion, motivo })
        }
        (Estado::Inexistente | Estado::Creado | Estado::ExpertoAsignado | Estado::Iniciado, _) => {
            Err(FilaInvalida::Asignacion)
        }
    }
}

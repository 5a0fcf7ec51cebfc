use super::{
    Catalogo, CodigoCliente, CodigoDataset, CodigoExperto, CodigoNube, CodigoPlan, Especialidad, IdSuscripcion,
    Inquilino, Rechazo,
};
use serde::{Deserialize, Serialize};

/// A data set on a cloud, accompanied by an expert, for one subscription.
///
/// From its creation to its end it holds a place of its cloud, and from the assignment on one of its expert.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ServicioDatos {
    #[default]
    Inexistente,
    Creado {
        contrato: Contrato,
    },
    ExpertoAsignado {
        contrato: Contrato,
        asignacion: Asignacion,
    },
    Iniciado {
        contrato: Contrato,
        asignacion: Asignacion,
    },
    Terminado {
        contrato: Contrato,
        asignacion: Option<Asignacion>,
        motivo: Option<Motivo>,
    },
}

/// The name of a state, without its data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Estado {
    Inexistente,
    Creado,
    ExpertoAsignado,
    Iniciado,
    Terminado,
}

impl Estado {
    const TODOS: [Self; 5] = [Self::Inexistente, Self::Creado, Self::ExpertoAsignado, Self::Iniciado, Self::Terminado];

    pub fn nombre(self) -> &'static str {
        match self {
            Self::Inexistente => "inexistente",
            Self::Creado => "creado",
            Self::ExpertoAsignado => "experto_asignado",
            Self::Iniciado => "iniciado",
            Self::Terminado => "terminado",
        }
    }
}

/// A word that names no state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no es un estado de un servicio de datos")]
pub struct EstadoDesconocido;

impl TryFrom<&str> for Estado {
    type Error = EstadoDesconocido;

    fn try_from(nombre: &str) -> Result<Self, EstadoDesconocido> {
        Self::TODOS.into_iter().find(|estado| estado.nombre() == nombre).ok_or(EstadoDesconocido)
    }
}

/// Whom a service is for. A command on behalf of anybody else finds nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Titular {
    pub suscripcion: IdSuscripcion,
    pub inquilino: Inquilino,
}

/// What was agreed when the service was created.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contrato {
    pub titular: Titular,
    pub cliente: CodigoCliente,
    pub plan: CodigoPlan,
    pub nube: CodigoNube,
    pub dataset: CodigoDataset,
}

/// The expert of a service and the specialty that was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asignacion {
    pub experto: CodigoExperto,
    pub especialidad: Especialidad,
}

/// A reason in the words of whoever gave it, cut to a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Motivo(String);

impl Motivo {
    const LARGO_MAXIMO: usize = 200;

    /// Returns nothing when the text says nothing.
    pub fn nuevo(texto: &str) -> Option<Self> {
        let linea: String = texto.trim().chars().filter(|c| !c.is_control()).take(Self::LARGO_MAXIMO).collect();
        (!linea.is_empty()).then_some(Self(linea))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What can be asked of a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Comando {
    Crear(Contrato),
    AsignarExperto(Busqueda),
    Iniciar,
    /// Ends a service that must exist.
    Terminar {
        motivo: Option<Motivo>,
    },
    /// Leaves no service standing, whether it was created or not.
    Deshacer {
        motivo: Option<Motivo>,
    },
}

/// Which expert is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Busqueda {
    DeEspecialidad(Especialidad),
    Nombrado { experto: CodigoExperto, especialidad: Option<Especialidad> },
}

impl Busqueda {
    fn satisfecha_por(&self, asignacion: &Asignacion) -> bool {
        match self {
            Self::DeEspecialidad(especialidad) => *especialidad == asignacion.especialidad,
            Self::Nombrado { experto, .. } => *experto == asignacion.experto,
        }
    }
}

/// What happened to a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hecho {
    /// The service takes a place of its cloud.
    Creado(Contrato),
    /// The service takes a place of its expert.
    ExpertoAsignado(Asignacion),
    Iniciado,
    /// The service gives back every place it holds.
    Terminado {
        motivo: Option<Motivo>,
    },
}

impl ServicioDatos {
    /// Decides which facts a command on behalf of `titular` produces, without changing anything.
    ///
    /// A command that asks for what is already so produces none. A service never comes back from its end.
    pub fn decidir(&self, titular: &Titular, comando: &Comando, catalogo: &Catalogo) -> Result<Vec<Hecho>, Rechazo> {
        if self.contrato().is_some_and(|contrato| contrato.titular != *titular) {
            return Err(Rechazo::NoExiste);
        }
        match (self, comando) {
            (Self::Inexistente, Comando::Crear(contrato)) => {
                catalogo.admitir(contrato)?;
                Ok(vec![Hecho::Creado(contrato.clone())])
            }
            (_, Comando::Crear(_)) => Err(Rechazo::EstadoInvalido),

            (Self::Inexistente, Comando::Deshacer { .. }) => Ok(vec![]),
            (Self::Inexistente, _) => Err(Rechazo::NoExiste),

            (Self::Creado { .. }, Comando::AsignarExperto(busqueda)) => {
                Ok(vec![Hecho::ExpertoAsignado(catalogo.elegir(busqueda)?)])
            }
            (
                Self::ExpertoAsignado { asignacion, .. } | Self::Iniciado { asignacion, .. },
                Comando::AsignarExperto(busqueda),
            ) if busqueda.satisfecha_por(asignacion) => Ok(vec![]),
            (_, Comando::AsignarExperto(_)) => Err(Rechazo::EstadoInvalido),

            (Self::ExpertoAsignado { contrato, .. }, Comando::Iniciar) => {
                catalogo.exigir_disponible(&contrato.dataset)?;
                Ok(vec![Hecho::Iniciado])
            }
            (Self::Iniciado { .. }, Comando::Iniciar) => Ok(vec![]),
            (_, Comando::Iniciar) => Err(Rechazo::EstadoInvalido),

            (Self::Terminado { .. }, Comando::Terminar { .. } | Comando::Deshacer { .. }) => Ok(vec![]),
            (
                Self::Creado { .. } | Self::ExpertoAsignado { .. } | Self::Iniciado { .. },
                Comando::Terminar { motivo } | Comando::Deshacer { motivo },
            ) => Ok(vec![Hecho::Terminado { motivo: motivo.clone() }]),
        }
    }

    /// The state after a fact. A fact that cannot follow leaves the state as it is.
    pub fn aplicar(self, hecho: &Hecho) -> Self {
        match (self, hecho) {
            (Self::Inexistente, Hecho::Creado(contrato)) => Self::Creado { contrato: contrato.clone() },
            (Self::Creado { contrato }, Hecho::ExpertoAsignado(asignacion)) => {
                Self::ExpertoAsignado { contrato, asignacion: asignacion.clone() }
            }
            (Self::ExpertoAsignado { contrato, asignacion }, Hecho::Iniciado) => {
                Self::Iniciado { contrato, asignacion }
            }
            (Self::Creado { contrato }, Hecho::Terminado { motivo }) => {
                Self::Terminado { contrato, asignacion: None, motivo: motivo.clone() }
            }
            (
                Self::ExpertoAsignado { contrato, asignacion } | Self::Iniciado { contrato, asignacion },
                Hecho::Terminado { motivo },
            ) => Self::Terminado { contrato, asignacion: Some(asignacion), motivo: motivo.clone() },
            (estado, _) => estado,
        }
    }

    pub fn estado(&self) -> Estado {
        match self {
            Self::Inexistente => Estado::Inexistente,
            Self::Creado { .. } => Estado::Creado,
            Self::ExpertoAsignado { .. } => Estado::ExpertoAsignado,
            Self::Iniciado { .. } => Estado::Iniciado,
            Self::Terminado { .. } => Estado::Terminado,
        }
    }

    /// What was agreed, once the service has been created.
    pub fn contrato(&self) -> Option<&Contrato> {
        match self {
            Self::Inexistente => None,
            Self::Creado { contrato }
            | Self::ExpertoAsignado { contrato, .. }
            | Self::Iniciado { contrato, .. }
            | Self::Terminado { contrato, .. } => Some(contrato),
        }
    }

    /// The expert, once there is or was one.
    pub fn asignacion(&self) -> Option<&Asignacion> {
        match self {
            Self::Inexistente | Self::Creado { .. } => None,
            Self::ExpertoAsignado { asignacion, .. } | Self::Iniciado { asignacion, .. } => Some(asignacion),
            Self::Terminado { asignacion, .. } => asignacion.as_ref(),
        }
    }

    /// Why the service ended, if it did and somebody said so.
    pub fn motivo(&self) -> Option<&Motivo> {
        match self {
            Self::Terminado { motivo, .. } => motivo.as_ref(),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests;

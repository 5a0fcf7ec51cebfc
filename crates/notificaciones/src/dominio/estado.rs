use super::{ErrorValor, Notificacion};

/// The name of a state, as queries know it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Estado {
    Creada,
    Enviada,
    Confirmada,
    Fallida,
}

impl Estado {
    const TODOS: [Self; 4] = [Self::Creada, Self::Enviada, Self::Confirmada, Self::Fallida];

    pub fn como_texto(self) -> &'static str {
        match self {
            Self::Creada => "creada",
            Self::Enviada => "enviada",
            Self::Confirmada => "confirmada",
            Self::Fallida => "fallida",
        }
    }

    /// `None` for a notification that does not exist.
    pub fn de(notificacion: &Notificacion) -> Option<Self> {
        match notificacion {
            Notificacion::Inexistente => None,
            Notificacion::Creada { .. } => Some(Self::Creada),
            Notificacion::Enviada { .. } => Some(Self::Enviada),
            Notificacion::Confirmada { .. } => Some(Self::Confirmada),
            Notificacion::Fallida { .. } => Some(Self::Fallida),
        }
    }
}

impl TryFrom<&str> for Estado {
    type Error = ErrorValor;

    fn try_from(texto: &str) -> Result<Self, ErrorValor> {
        Self::TODOS.into_iter().find(|estado| estado.como_texto() == texto).ok_or(ErrorValor::Desconocido("estado"))
    }
}

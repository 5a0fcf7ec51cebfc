use chrono::{DateTime, Utc};

use super::{Aplazamiento, DireccionEnmascarada, Hecho, Rechazo, Solicitud, siguiente_intento};

/// The state of a notification: the fold of its facts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Notificacion {
    #[default]
    Inexistente,
    /// Waits to be sent, not before `proximo_intento`; `intentos` attempts failed so far.
    Creada {
        solicitud: Box<Solicitud>,
        intentos: u32,
        proximo_intento: DateTime<Utc>,
    },
    Enviada {
        solicitud: Box<Solicitud>,
        entrega: Entrega,
    },
    Confirmada {
        solicitud: Box<Solicitud>,
        entrega: Entrega,
    },
    Fallida {
        solicitud: Box<Solicitud>,
        fallo: Fallo,
    },
}

/// The attempt that succeeded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entrega {
    pub intento: u32,
    pub destinatario: DireccionEnmascarada,
}

/// The attempt that ended it all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fallo {
    pub intento: u32,
    pub rechazo: Rechazo,
    /// Absent when no address was known.
    pub destinatario: Option<DireccionEnmascarada>,
}

/// How a notification ended, as its reply tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Resultado {
    Entregada(Entrega),
    Fallida(Fallo),
}

/// What may be asked of a notification.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Comando {
    Crear(Box<Solicitud>),
    Aplazar { aplazamiento: Aplazamiento, ahora: DateTime<Utc> },
    RegistrarEnvio { destinatario: DireccionEnmascarada },
    Rechazar { rechazo: Rechazo, destinatario: Option<DireccionEnmascarada> },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ErrorNotificacion {
    #[error("the outcome of an attempt belongs to a notification that does not exist")]
    Inexistente,
}

impl Notificacion {
    /// Decides which facts a command produces, without changing anything.
    ///
    /// What ended does not end again: an attempt reported late by another instance produces no fact.
    pub fn decidir(&self, comando: Comando) -> Result<Vec<Hecho>, ErrorNotificacion> {
        match (self, comando) {
            (Self::Inexistente, Comando::Crear(solicitud)) => Ok(vec![Hecho::Creada(solicitud)]),
            (_, Comando::Crear(_)) => Ok(vec![]),
            (Self::Inexistente, _) => Err(ErrorNotificacion::Inexistente),
            (Self::Creada { solicitud, intentos, .. }, Comando::Aplazar { aplazamiento, ahora }) => {
                let intento = intentos + 1;
                let proximo_intento = siguiente_intento(solicitud.id, intento, ahora);
                Ok(vec![Hecho::IntentoFallido { intento, aplazamiento, proximo_intento }])
            }
            (Self::Creada { intentos, .. }, Comando::RegistrarEnvio { destinatario }) => {
                Ok(vec![Hecho::Enviada { intento: intentos + 1, destinatario }, Hecho::Confirmada {}])
            }
            (Self::Creada { intentos, .. }, Comando::Rechazar { rechazo, destinatario }) => {
                Ok(vec![Hecho::Fallida { intento: intentos + 1, rechazo, destinatario }])
            }
            (Self::Enviada { .. }, Comando::RegistrarEnvio { .. }) => Ok(vec![Hecho::Confirmada {}]),
            (Self::Enviada { .. } | Self::Confirmada { .. } | Self::Fallida { .. }, _) => Ok(vec![]),
        }
    }

    /// The state after a fact. A fact that does not belong to the state leaves it as it is.
    pub fn aplicar(self, hecho: &Hecho) -> Self {
        match (self, hecho) {
            (Self::Inexistente, Hecho::Creada(solicitud)) => {
                Self::Creada { proximo_intento: solicitud.instante, solicitud: solicitud.clone(), intentos: 0 }
            }
            (Self::Creada { solicitud, .. }, Hecho::IntentoFallido { intento, proximo_intento, .. }) => {
                Self::Creada { solicitud, intentos: *intento, proximo_intento: *proximo_intento }
            }
            (Self::Creada { solicitud, .. }, Hecho::Enviada { intento, destinatario }) => {
                let entrega = Entrega { intento: *intento, destinatario: destinatario.clone() };
                Self::Enviada { solicitud, entrega }
            }
            (Self::Enviada { solicitud, entrega }, Hecho::Confirmada {}) => Self::Confirmada { solicitud, entrega },
            (Self::Creada { solicitud, .. }, Hecho::Fallida { intento, rechazo, destinatario }) => {
                let fallo = Fallo { intento: *intento, rechazo: *rechazo, destinatario: destinatario.clone() };
                Self::Fallida { solicitud, fallo }
            }
            (estado, _) => estado,
        }
    }

    /// The state after several facts in turn; from `Inexistente`, the fold of a whole stream.
    pub fn con<'a>(self, hechos: impl IntoIterator<Item = &'a Hecho>) -> Self {
        hechos.into_iter().fold(self, Self::aplicar)
    }

    pub fn solicitud(&self) -> Option<&Solicitud> {
        match self {
            Self::Inexistente => None,
            Self::Creada { solicitud, .. }
            | Self::Enviada { solicitud, .. }
            | Self::Confirmada { solicitud, .. }
            | Self::Fallida { solicitud, .. } => Some(solicitud),
        }
    }

    /// `None` while nobody knows.
    pub fn resultado(&self) -> Option<Resultado> {
        match self {
            Self::Inexistente | Self::Creada { .. } => None,
            Self::Enviada { entrega, .. } | Self::Confirmada { entrega, .. } => {
                Some(Resultado::Entregada(entrega.clone()))
            }
            Self::Fallida { fallo, .. } => Some(Resultado::Fallida(fallo.clone())),
        }
    }
}

#[cfg(test)]
mod tests;

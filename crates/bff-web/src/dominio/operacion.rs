use super::{Documento, Inquilino, Parte};
use uuid::Uuid;

/// The sha256 of a canonical request, in hexadecimal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Huella(String);

impl Huella {
    pub fn nueva(hexadecimal: String) -> Self {
        Self(hexadecimal)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Every command that enters through the door.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClaseComando {
    CrearSuscripcion,
    CambiarPlanSuscripcion,
    CancelarSuscripcion,
    PagarSuscripcion,
    CrearServicioDatos,
    AsignarExperto,
    IniciarServicioDatos,
    TerminarServicioDatos,
    EnviarNotificacion,
    AnonimizarImagen,
}

impl ClaseComando {
    pub const TODAS: [Self; 10] = [
        Self::CrearSuscripcion,
        Self::CambiarPlanSuscripcion,
        Self::CancelarSuscripcion,
        Self::PagarSuscripcion,
        Self::CrearServicioDatos,
        Self::AsignarExperto,
        Self::IniciarServicioDatos,
        Self::TerminarServicioDatos,
        Self::EnviarNotificacion,
        Self::AnonimizarImagen,
    ];

    /// The service that executes the command and remembers its effect.
    pub fn propietario(self) -> Parte {
        match self {
            Self::CrearSuscripcion
            | Self::CambiarPlanSuscripcion
            | Self::CancelarSuscripcion
            | Self::PagarSuscripcion => Parte::Suscripciones,
            Self::CrearServicioDatos
            | Self::AsignarExperto
            | Self::IniciarServicioDatos
            | Self::TerminarServicioDatos => Parte::ServicioDatos,
            Self::EnviarNotificacion => Parte::Notificaciones,
            Self::AnonimizarImagen => Parte::Procesamiento,
        }
    }
}

/// Names one accepted command of one tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdOperacion {
    pub inquilino: Inquilino,
    pub clase: ClaseComando,
    pub id: Uuid,
}

/// Whether the same operation can have been asked for before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repetibilidad {
    /// The id is new: nobody has seen it.
    Unica,
    /// The id comes from an idempotency key.
    PorClave,
}

/// What the owner of an operation knows about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OperacionConocida {
    /// The owner's word for the state.
    pub estado: String,
    /// The request that was executed; none for a message that carried no fingerprint.
    pub huella: Option<Huella>,
    /// Why it was refused, for programs and for people.
    pub codigo: Option<String>,
    pub motivo: Option<String>,
    /// What the command touched.
    pub recursos: Documento,
}

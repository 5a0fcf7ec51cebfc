use super::catalogo::CodigoPlan;
use super::operacion::ClaseComando;
use super::valores::{
    Codigo, Correo, DatosPlantilla, IdentificadorPersonal, Moneda, Monto, Plantilla, Texto, TextoLargo,
};
use serde::Serialize;
use uuid::Uuid;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct IdSuscripcion(pub Uuid);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct IdServicioDatos(pub Uuid);

/// A command whose every field has been checked.
///
/// The serialised form is the canonical request whose fingerprint makes repetitions recognisable:
/// absent fields are left out, so that a new optional field never changes an old fingerprint.
/// No `Debug`: it holds personal data.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub enum Comando {
    CrearSuscripcion(CrearSuscripcion),
    CambiarPlanSuscripcion(CambiarPlanSuscripcion),
    CancelarSuscripcion(CancelarSuscripcion),
    PagarSuscripcion(PagarSuscripcion),
    CrearServicioDatos(Box<CrearServicioDatos>),
    AsignarExperto(AsignarExperto),
    IniciarServicioDatos(IniciarServicioDatos),
    TerminarServicioDatos(TerminarServicioDatos),
    EnviarNotificacion(EnviarNotificacion),
}

#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct CrearSuscripcion {
    pub cliente: Cliente,
    pub plan: Plan,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id_suscripcion: Option<IdSuscripcion>,
}

#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct Cliente {
    pub codigo: Codigo,
    pub nombres: Texto,
    pub apellidos: Texto,
    pub usuario: Texto,
    pub rut: IdentificadorPersonal,
    pub cedula: IdentificadorPersonal,
    pub email: Correo,
}

#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct Plan {
    pub codigo: CodigoPlan,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nombre: Option<Texto>,
}

#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct CambiarPlanSuscripcion {
    pub id_suscripcion: IdSuscripcion,
    pub plan: CodigoPlan,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub motivo: Option<TextoLargo>,
}

#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct CancelarSuscripcion {
    pub id_suscripcion: IdSuscripcion,
    pub motivo: TextoLargo,
}

#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct PagarSuscripcion {
    pub id_suscripcion: IdSuscripcion,
    pub factura_numero: Texto,
    pub monto: Monto,
    pub moneda: Moneda,
    pub medio_pago: Texto,
}

#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct CrearServicioDatos {
    pub cliente: ClienteDeServicio,
    pub plan: Plan,
    pub experto: Experto,
    pub nube: Nube,
    pub dataset: Dataset,
    pub id_suscripcion: IdSuscripcion,
}

#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct ClienteDeServicio {
    pub codigo: Codigo,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nombres: Option<Texto>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub apellidos: Option<Texto>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usuario: Option<Texto>,
}

/// The expert whom the caller already chose; every field may be absent.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct Experto {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub codigo: Option<Codigo>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nombres: Option<Texto>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub apellidos: Option<Texto>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usuario: Option<Texto>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cedula: Option<IdentificadorPersonal>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<Correo>,
}

#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct Nube {
    pub codigo: Codigo,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nombre: Option<Texto>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tipo: Option<Texto>,
}

#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct Dataset {
    pub codigo: Codigo,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nombre: Option<Texto>,
}

#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct AsignarExperto {
    pub id_suscripcion: IdSuscripcion,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id_serviciodatos: Option<IdServicioDatos>,
    pub quien: QuienAsignar,
}

/// Which expert a data service gets.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub enum QuienAsignar {
    /// Whoever is free in the specialty.
    DelGrupo { especialidad: Codigo },
    Nombrado {
        experto: Codigo,
        #[serde(skip_serializing_if = "Option::is_none")]
        especialidad: Option<Codigo>,
    },
}

impl QuienAsignar {
    /// `None` without an expert and without a specialty: that names nobody.
    pub fn nuevo(experto: Option<Codigo>, especialidad: Option<Codigo>) -> Option<Self> {
        match (experto, especialidad) {
            (Some(experto), especialidad) => Some(Self::Nombrado { experto, especialidad }),
            (None, Some(especialidad)) => Some(Self::DelGrupo { especialidad }),
            (None, None) => None,
        }
    }

    pub fn experto(&self) -> Option<&Codigo> {
        match self {
            Self::DelGrupo { .. } => None,
            Self::Nombrado { experto, .. } => Some(experto),
        }
    }

    pub fn especialidad(&self) -> Option<&Codigo> {
        match self {
            Self::DelGrupo { especialidad } => Some(especialidad),
            Self::Nombrado { especialidad, .. } => especialidad.as_ref(),
        }
    }
}

#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct IniciarServicioDatos {
    pub id_suscripcion: IdSuscripcion,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id_serviciodatos: Option<IdServicioDatos>,
}

#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct TerminarServicioDatos {
    pub id_suscripcion: IdSuscripcion,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id_serviciodatos: Option<IdServicioDatos>,
    pub motivo: TextoLargo,
}

#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct EnviarNotificacion {
    pub codigo_cliente: Codigo,
    pub id_suscripcion: IdSuscripcion,
    pub plantilla: Plantilla,
    pub datos: DatosPlantilla,
}

impl Comando {
    pub fn clase(&self) -> ClaseComando {
        match self {
            Self::CrearSuscripcion(_) => ClaseComando::CrearSuscripcion,
            Self::CambiarPlanSuscripcion(_) => ClaseComando::CambiarPlanSuscripcion,
            Self::CancelarSuscripcion(_) => ClaseComando::CancelarSuscripcion,
            Self::PagarSuscripcion(_) => ClaseComando::PagarSuscripcion,
            Self::CrearServicioDatos(_) => ClaseComando::CrearServicioDatos,
            Self::AsignarExperto(_) => ClaseComando::AsignarExperto,
            Self::IniciarServicioDatos(_) => ClaseComando::IniciarServicioDatos,
            Self::TerminarServicioDatos(_) => ClaseComando::TerminarServicioDatos,
            Self::EnviarNotificacion(_) => ClaseComando::EnviarNotificacion,
        }
    }

    /// The subscription that the command is about, if it exists already or the caller named it.
    pub fn suscripcion(&self) -> Option<IdSuscripcion> {
        match self {
            Self::CrearSuscripcion(c) => c.id_suscripcion,
            Self::CambiarPlanSuscripcion(c) => Some(c.id_suscripcion),
            Self::CancelarSuscripcion(c) => Some(c.id_suscripcion),
            Self::PagarSuscripcion(c) => Some(c.id_suscripcion),
            Self::CrearServicioDatos(c) => Some(c.id_suscripcion),
            Self::AsignarExperto(c) => Some(c.id_suscripcion),
            Self::IniciarServicioDatos(c) => Some(c.id_suscripcion),
            Self::TerminarServicioDatos(c) => Some(c.id_suscripcion),
            Self::EnviarNotificacion(c) => Some(c.id_suscripcion),
        }
    }

    /// The plan that must be in the catalogue, for the commands that name one.
    pub fn plan(&self) -> Option<&CodigoPlan> {
        match self {
            Self::CrearSuscripcion(c) => Some(&c.plan.codigo),
            Self::CambiarPlanSuscripcion(c) => Some(&c.plan),
            Self::CrearServicioDatos(c) => Some(&c.plan.codigo),
            Self::CancelarSuscripcion(_)
            | Self::PagarSuscripcion(_)
            | Self::AsignarExperto(_)
            | Self::IniciarServicioDatos(_)
            | Self::TerminarServicioDatos(_)
            | Self::EnviarNotificacion(_) => None,
        }
    }
}

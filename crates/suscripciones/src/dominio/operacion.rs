/// What can be asked of a subscription.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Operacion {
    Crear,
    CambiarPlan,
    Pagar,
    Cancelar,
}

impl Operacion {
    const TODAS: [Self; 4] = [Self::Crear, Self::CambiarPlan, Self::Pagar, Self::Cancelar];

    /// Its name, as stored and shown.
    pub fn nombre(self) -> &'static str {
        match self {
            Self::Crear => "crear",
            Self::CambiarPlan => "cambiar_plan",
            Self::Pagar => "pagar",
            Self::Cancelar => "cancelar",
        }
    }

    pub fn de_nombre(nombre: &str) -> Option<Self> {
        Self::TODAS.into_iter().find(|operacion| operacion.nombre() == nombre)
    }
}

/// Which flow carries out an operation: it depends on what provisions the plan that is left and the one that is taken.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Caso {
    pub operacion: Operacion,
    /// Flow of the present plan; none for a plan without one.
    pub desde: Option<String>,
    /// Flow of the plan to come; none for a plan without one, and in an operation that takes no plan.
    pub hacia: Option<String>,
}

impl Caso {
    /// Whether nothing has to be provisioned or released: then the operation needs no flow.
    pub fn es_inmediato(&self) -> bool {
        self.desde.is_none() && self.hacia.is_none()
    }
}

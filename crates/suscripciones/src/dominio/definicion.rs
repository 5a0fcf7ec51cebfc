use std::fmt;

/// One version of a saga definition; its document never changes.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct VersionDefinicion {
    pub clave: String,
    pub version: u32,
}

/// How far a version has come: `borrador -> verificada -> activa -> retirada`, and back to `activa`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EstadoDefinicion {
    Borrador,
    /// It broke no rule when it was last looked at.
    Verificada,
    /// New sagas of its key begin with it; one version of a key at most.
    Activa,
    /// No saga begins with it; those that did end with it.
    Retirada,
}

impl EstadoDefinicion {
    pub const fn nombre(self) -> &'static str {
        match self {
            Self::Borrador => "borrador",
            Self::Verificada => "verificada",
            Self::Activa => "activa",
            Self::Retirada => "retirada",
        }
    }

    pub fn de_nombre(nombre: &str) -> Option<Self> {
        [Self::Borrador, Self::Verificada, Self::Activa, Self::Retirada]
            .into_iter()
            .find(|estado| estado.nombre() == nombre)
    }

    /// Whether it may become the one that new sagas begin with; the active one may be activated again, which repairs.
    pub const fn activable(self) -> bool {
        matches!(self, Self::Verificada | Self::Activa | Self::Retirada)
    }

    pub const fn retirable(self) -> bool {
        matches!(self, Self::Activa | Self::Retirada)
    }
}

impl fmt::Display for VersionDefinicion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} v{}", self.clave, self.version)
    }
}

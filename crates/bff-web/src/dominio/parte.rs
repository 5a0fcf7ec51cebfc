/// A service behind the door.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Parte {
    Suscripciones,
    ServicioDatos,
    Procesamiento,
    Notificaciones,
}

impl Parte {
    pub const TODAS: [Self; 4] = [Self::Suscripciones, Self::ServicioDatos, Self::Procesamiento, Self::Notificaciones];

    /// The service's name, as paths and people say it.
    pub fn nombre(self) -> &'static str {
        match self {
            Self::Suscripciones => "suscripciones",
            Self::ServicioDatos => "servicio-datos",
            Self::Procesamiento => "procesamiento",
            Self::Notificaciones => "notificaciones",
        }
    }
}

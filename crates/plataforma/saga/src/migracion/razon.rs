use crate::modelo::Traza;
use crate::{Direccion, Fase};

/// Why a saga stays on its version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Razon {
    #[error("la saga no ha empezado o ya terminó")]
    NoViva(Fase),
    #[error("«{a}» no es otra versión de «{de}»")]
    OtroFlujo { de: String, a: String },
    #[error("las dos versiones son la {0}")]
    MismaVersion(u32),
    #[error("el mapa nombra «{0}», que no es un paso de su versión")]
    MapaDesconocido(String),
    #[error("el mapa lleva dos pasos a «{0}»")]
    MapaAmbiguo(String),
    #[error("«{0}» ya se alcanzó y la nueva versión no tiene ningún paso que haga lo mismo")]
    PasoRetirado(String),
    #[error("«{0}» ya se alcanzó y cambia de clase")]
    ClaseCambiada(String),
    #[error("«{paso}» ya se alcanzó y su orden de {direccion} cambia")]
    OrdenCambiada { paso: String, direccion: Direccion },
    #[error("«{paso}» espera respuesta a {direccion} y la nueva versión no entiende «{tipo}» como la vieja")]
    RespuestaCambiada { paso: String, direccion: Direccion, tipo: String },
    #[error("«{0}» ya se alcanzó y se deshace de otra manera")]
    ReversaCambiada(String),
    #[error("«{paso}» ya se alcanzó y la nueva versión pone antes «{previo}», que no")]
    OrdenInvertido { paso: String, previo: String },
    #[error("la nueva versión necesita la salida «{salida}» de «{paso}», que ya se hizo sin ella")]
    FaltaSalida { paso: String, salida: String },
    #[error("las órdenes de «{0}» tendrían la identidad de las de otro paso")]
    IdentidadRepetida(String),
    #[error("en la nueva versión acabaría mal: {}", .0.defecto)]
    AcabaMal(Traza),
    #[error("la nueva versión tiene desde aquí demasiados estados para comprobarla")]
    SinComprobar,
    #[error("no quedó tiempo para comprobar la nueva versión desde aquí")]
    SinTiempo,
}

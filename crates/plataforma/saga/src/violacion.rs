use crate::Direccion;

/// Why a document is not a usable definition.
#[derive(Debug, thiserror::Error)]
pub enum DefinicionInvalida {
    #[error("el documento no tiene la forma de una definición")]
    Ilegible(#[source] serde_json::Error),
    #[error("la definición incumple {} reglas", .0.len())]
    Incumple(Vec<Violacion>),
}

/// One broken rule: in which step (none: in the flow as a whole) and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violacion {
    pub paso: Option<String>,
    pub falta: Falta,
}

impl std::fmt::Display for Violacion {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.paso {
            Some(paso) => write!(f, "paso {paso}: {}", self.falta),
            None => write!(f, "flujo: {}", self.falta),
        }
    }
}

/// The rules of a definition, as they can be broken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Falta {
    #[error("no tiene clave")]
    SinClave,
    #[error("la versión empieza en 1")]
    VersionCero,
    #[error("ningún paso está marcado como inicial")]
    SinInicial,
    #[error("tiene más de {0} pasos")]
    DemasiadosPasos(usize),
    #[error("hay más de un paso inicial")]
    InicialRepetido,
    #[error("el paso inicial no puede tener predecesores")]
    InicialConPredecesores,
    #[error("no va después de ningún paso y no es el inicial")]
    SinPredecesores,
    #[error("la clave está repetida")]
    ClaveRepetida,
    #[error("la clave está vacía o contiene puntos o espacios")]
    ClaveInvalida,
    #[error("va después de «{0}», que no existe")]
    PredecesorDesconocido(String),
    #[error("va después de sí mismo, directamente o a través de otros")]
    Ciclo,
    #[error("hay más de un pivote")]
    PivoteRepetido,
    #[error("es compensable y no precede al pivote: no podría deshacerse")]
    CompensableTrasPivote,
    #[error("es reintentable y no sigue al pivote: no podría deshacerse")]
    ReintentableAntesDePivote,
    #[error("es reintentable y no sigue a «{0}», que aún podría deshacerse")]
    ReintentableAntesDe(String),
    #[error("es compensable y no dice cómo se deshace")]
    SinReversa,
    #[error("indica a la vez deshacer y deshecho_por")]
    ReversaDoble,
    #[error("no es compensable: no puede indicar cómo se deshace")]
    ReversaSobrante,
    #[error("lo deshace «{0}», que no existe")]
    DeshechoPorDesconocido(String),
    #[error("lo deshace «{0}», que no lo precede")]
    DeshechoPorPosterior(String),
    #[error("lo deshace «{0}», que no tiene reversa propia")]
    DeshechoPorSinReversa(String),
    #[error("plazo_ms debe ser mayor que cero")]
    PlazoCero,
    #[error("reintento.inicial_ms debe ser mayor que cero")]
    EsperaCero,
    #[error("reintento.maximo_ms es menor que reintento.inicial_ms")]
    EsperaMaximaMenor,
    #[error("intentos debe ser mayor que cero")]
    IntentosCero,
    #[error("es compensable y no dice tras cuántos intentos se deshace")]
    SinIntentos,
    #[error("no tiene comando para {0}")]
    SinComando(Direccion),
    #[error("no tiene evento de éxito para {0}")]
    SinExito(Direccion),
    #[error("«{1}» es a la vez éxito y fallo de {0}")]
    RespuestaAmbigua(Direccion, String),
    #[error("la fuente «{0}» no existe")]
    FuenteDesconocida(String),
    #[error("la fuente «{0}» no es una salida declarada por un paso anterior")]
    SalidaNoDisponible(String),
    #[error("el destino «{0}» no es una ruta o contradice a otro destino")]
    DestinoInvalido(String),
    #[error("la salida «{0}» no nombra un campo de la respuesta")]
    SalidaInvalida(String),
    #[error("«{0}» llevaría datos personales a una salida o a una reversa")]
    DatoPersonal(String),
}

use crate::{Falta, Violacion};

impl Falta {
    /// The stable name of the broken rule, for programs.
    pub const fn regla(&self) -> &'static str {
        match self {
            Self::SinClave => "sin_clave",
            Self::VersionCero => "version_cero",
            Self::SinInicial => "sin_inicial",
            Self::DemasiadosPasos(_) => "demasiados_pasos",
            Self::InicialRepetido => "inicial_repetido",
            Self::InicialConPredecesores => "inicial_con_predecesores",
            Self::SinPredecesores => "sin_predecesores",
            Self::ClaveRepetida => "clave_repetida",
            Self::ClaveInvalida => "clave_invalida",
            Self::PredecesorDesconocido(_) => "predecesor_desconocido",
            Self::Ciclo => "ciclo",
            Self::PivoteRepetido => "pivote_repetido",
            Self::CompensableTrasPivote => "compensable_tras_pivote",
            Self::ReintentableAntesDePivote => "reintentable_antes_de_pivote",
            Self::ReintentableAntesDe(_) => "reintentable_antes_de",
            Self::SinReversa => "sin_reversa",
            Self::ReversaDoble => "reversa_doble",
            Self::ReversaSobrante => "reversa_sobrante",
            Self::DeshechoPorDesconocido(_) => "deshecho_por_desconocido",
            Self::DeshechoPorPosterior(_) => "deshecho_por_posterior",
            Self::DeshechoPorSinReversa(_) => "deshecho_por_sin_reversa",
            Self::PlazoCero => "plazo_cero",
            Self::EsperaCero => "espera_cero",
            Self::EsperaMaximaMenor => "espera_maxima_menor",
            Self::IntentosCero => "intentos_cero",
            Self::SinIntentos => "sin_intentos",
            Self::SinComando(_) => "sin_comando",
            Self::SinExito(_) => "sin_exito",
            Self::RespuestaAmbigua(..) => "respuesta_ambigua",
            Self::FuenteDesconocida(_) => "fuente_desconocida",
            Self::SalidaNoDisponible(_) => "salida_no_disponible",
            Self::DestinoInvalido(_) => "destino_invalido",
            Self::SalidaInvalida(_) => "salida_invalida",
            Self::DatoPersonal(_) => "dato_personal",
        }
    }

    /// The member of the step, or of the document, that breaks it.
    const fn miembro(&self) -> &'static str {
        match self {
            Self::SinClave | Self::ClaveRepetida | Self::ClaveInvalida => "clave",
            Self::VersionCero => "version",
            Self::SinInicial | Self::DemasiadosPasos(_) => "pasos",
            Self::InicialRepetido => "inicial",
            Self::InicialConPredecesores | Self::SinPredecesores | Self::PredecesorDesconocido(_) | Self::Ciclo => {
                "despues_de"
            }
            Self::PivoteRepetido
            | Self::CompensableTrasPivote
            | Self::ReintentableAntesDePivote
            | Self::ReintentableAntesDe(_) => "clase",
            Self::SinReversa | Self::ReversaDoble | Self::ReversaSobrante => "deshacer",
            Self::DeshechoPorDesconocido(_) | Self::DeshechoPorPosterior(_) | Self::DeshechoPorSinReversa(_) => {
                "deshecho_por"
            }
            Self::PlazoCero => "plazo_ms",
            Self::EsperaCero | Self::EsperaMaximaMenor => "reintento",
            Self::IntentosCero | Self::SinIntentos => "intentos",
            Self::SinComando(_) => "comando",
            Self::SinExito(_) => "exito",
            Self::RespuestaAmbigua(..) => "fallo",
            Self::FuenteDesconocida(_) | Self::SalidaNoDisponible(_) | Self::DestinoInvalido(_) => "carga",
            Self::SalidaInvalida(_) => "salidas",
            // An output or the payload of the undo: its text says which name.
            Self::DatoPersonal(_) => "",
        }
    }
}

impl Violacion {
    /// Where in the document: `pasos.<step>.<member>`, or the document's own member.
    pub fn ruta(&self) -> String {
        match (&self.paso, self.falta.miembro()) {
            (Some(paso), "") => format!("pasos.{paso}"),
            (Some(paso), miembro) => format!("pasos.{paso}.{miembro}"),
            (None, miembro) => miembro.to_owned(),
        }
    }
}

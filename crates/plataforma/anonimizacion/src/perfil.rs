use serde::{Deserialize, Serialize};

/// An option of the Basic Application Level Confidentiality Profile (PS3.15 E.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Opcion {
    ConservarPrivadosSeguros,
    ConservarUid,
    ConservarDispositivo,
    ConservarInstitucion,
    ConservarCaracteristicasPaciente,
    ConservarFechas,
    ModificarFechas,
    LimpiarDescriptores,
    LimpiarContenidoEstructurado,
    LimpiarGraficos,
    LimpiarPixeles,
    LimpiarRasgosReconocibles,
}

/// A code of context group 7050, as (0012,0064) carries it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CodigoMetodo {
    pub valor: &'static str,
    pub significado: &'static str,
}

pub(crate) const CODIGO_PERFIL_BASICO: CodigoMetodo =
    CodigoMetodo { valor: "113100", significado: "Basic Application Confidentiality Profile" };

impl Opcion {
    pub const TODAS: [Self; 12] = [
        Self::ConservarPrivadosSeguros,
        Self::ConservarUid,
        Self::ConservarDispositivo,
        Self::ConservarInstitucion,
        Self::ConservarCaracteristicasPaciente,
        Self::ConservarFechas,
        Self::ModificarFechas,
        Self::LimpiarDescriptores,
        Self::LimpiarContenidoEstructurado,
        Self::LimpiarGraficos,
        Self::LimpiarPixeles,
        Self::LimpiarRasgosReconocibles,
    ];

    /// The stable name, as the command line and reports write it.
    pub fn nombre(self) -> &'static str {
        match self {
            Self::ConservarPrivadosSeguros => "conservar_privados_seguros",
            Self::ConservarUid => "conservar_uid",
            Self::ConservarDispositivo => "conservar_dispositivo",
            Self::ConservarInstitucion => "conservar_institucion",
            Self::ConservarCaracteristicasPaciente => "conservar_caracteristicas_paciente",
            Self::ConservarFechas => "conservar_fechas",
            Self::ModificarFechas => "modificar_fechas",
            Self::LimpiarDescriptores => "limpiar_descriptores",
            Self::LimpiarContenidoEstructurado => "limpiar_contenido_estructurado",
            Self::LimpiarGraficos => "limpiar_graficos",
            Self::LimpiarPixeles => "limpiar_pixeles",
            Self::LimpiarRasgosReconocibles => "limpiar_rasgos_reconocibles",
        }
    }

    pub fn de_nombre(nombre: &str) -> Option<Self> {
        Self::TODAS.into_iter().find(|opcion| opcion.nombre() == nombre)
    }

    /// The key of the option's column in the table's JSON; none for what is done to pixels.
    pub(crate) fn columna(self) -> Option<&'static str> {
        Some(match self {
            Self::ConservarPrivadosSeguros => "retain_safe_private",
            Self::ConservarUid => "retain_uids",
            Self::ConservarDispositivo => "retain_device_identity",
            Self::ConservarInstitucion => "retain_institution_identity",
            Self::ConservarCaracteristicasPaciente => "retain_patient_characteristics",
            Self::ConservarFechas => "retain_longitudinal_full_dates",
            Self::ModificarFechas => "retain_longitudinal_modified_dates",
            Self::LimpiarDescriptores => "clean_descriptors",
            Self::LimpiarContenidoEstructurado => "clean_structured_content",
            Self::LimpiarGraficos => "clean_graphics",
            Self::LimpiarPixeles | Self::LimpiarRasgosReconocibles => return None,
        })
    }

    pub(crate) fn codigo(self) -> CodigoMetodo {
        let (valor, significado) = match self {
            Self::LimpiarPixeles => ("113101", "Clean Pixel Data Option"),
            Self::LimpiarRasgosReconocibles => ("113102", "Clean Recognizable Visual Features Option"),
            Self::LimpiarGraficos => ("113103", "Clean Graphics Option"),
            Self::LimpiarContenidoEstructurado => ("113104", "Clean Structured Content Option"),
            Self::LimpiarDescriptores => ("113105", "Clean Descriptors Option"),
            Self::ConservarFechas => ("113106", "Retain Longitudinal Temporal Information Full Dates Option"),
            Self::ModificarFechas => ("113107", "Retain Longitudinal Temporal Information Modified Dates Option"),
            Self::ConservarCaracteristicasPaciente => ("113108", "Retain Patient Characteristics Option"),
            Self::ConservarDispositivo => ("113109", "Retain Device Identity Option"),
            Self::ConservarUid => ("113110", "Retain UIDs Option"),
            Self::ConservarPrivadosSeguros => ("113111", "Retain Safe Private Option"),
            Self::ConservarInstitucion => ("113112", "Retain Institution Identity Option"),
        };
        CodigoMetodo { valor, significado }
    }

    fn bit(self) -> u16 {
        1 << (self as u16)
    }
}

/// The basic profile and the options that go with it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Perfil {
    opciones: u16,
}

impl Perfil {
    /// The basic profile without options: everything that may identify goes.
    pub fn basico() -> Self {
        Self::default()
    }

    /// What research needs: dates moved by a secret number of days, characteristics of the patient, and texts,
    /// content trees and graphics cleaned instead of removed.
    pub fn investigacion() -> Self {
        [
            Opcion::ModificarFechas,
            Opcion::ConservarCaracteristicasPaciente,
            Opcion::LimpiarDescriptores,
            Opcion::LimpiarContenidoEstructurado,
            Opcion::LimpiarGraficos,
        ]
        .into_iter()
        .fold(Self::basico(), Self::con)
    }

    #[must_use]
    pub fn con(self, opcion: Opcion) -> Self {
        Self { opciones: self.opciones | opcion.bit() }
    }

    pub fn tiene(self, opcion: Opcion) -> bool {
        self.opciones & opcion.bit() != 0
    }

    pub fn opciones(self) -> Vec<Opcion> {
        Opcion::TODAS.into_iter().filter(|opcion| self.tiene(*opcion)).collect()
    }

    pub fn nombre(self) -> &'static str {
        if self == Self::basico() {
            "basico"
        } else if self == Self::investigacion() {
            "investigacion"
        } else {
            "a_medida"
        }
    }
}

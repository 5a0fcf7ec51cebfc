use std::fmt;

use serde::{Deserialize, Serialize};

use crate::informe::Informe;

/// Why an input gave no output. The codes are stable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CodigoRechazo {
    /// Neither DICOM nor a plain image that can be read.
    FormatoDesconocido,
    /// Lengths that do not fit in the bytes present, or a structure that cannot be followed.
    EstructuraInvalida,
    /// The file ends in the middle of a value.
    Truncado,
    /// Sequences inside sequences beyond the limit.
    AnidamientoExcesivo,
    /// More elements, or more bytes after inflating, than the limits allow.
    LimiteExcedido,
    /// A transfer syntax that this program cannot write.
    SintaxisNoAdmitida,
    /// A media directory: the files that it names are the input.
    Dicomdir,
    /// No SOP class or instance, so nothing can be said about what the object is.
    SinIdentidadSop,
    /// An encapsulated document that cannot be proved clean.
    DocumentoEncapsulado,
    /// A structured report, or another content tree, that cannot be proved clean.
    ContenidoEstructurado,
    /// Pixels in which text is likely and nobody looked for it.
    PixelesNoComprobados,
    /// Pixels that cannot be decoded, or declared sizes that no machine should allocate.
    PixelesIlegibles,
    /// Text was found in pixels and could not be removed without harm.
    TextoEnPixeles,
    /// The options demand what this object does not allow.
    OpcionNoAplicable,
    /// The second reading of the written bytes found something.
    VerificacionFallida,
    /// The cryptographic library failed.
    Criptografia,
    /// A library gave up in a way that it should not have.
    FalloInterno,
}

impl CodigoRechazo {
    /// Whether the input is an image that a person could still release; the others are none that can be read.
    pub fn es_revisable(self) -> bool {
        matches!(
            self,
            Self::DocumentoEncapsulado
                | Self::ContenidoEstructurado
                | Self::PixelesNoComprobados
                | Self::PixelesIlegibles
                | Self::TextoEnPixeles
                | Self::OpcionNoAplicable
                | Self::VerificacionFallida
                | Self::Criptografia
                | Self::FalloInterno
        )
    }

    /// The stable name, as reports write it.
    pub fn codigo(self) -> &'static str {
        match self {
            Self::FormatoDesconocido => "formato_desconocido",
            Self::EstructuraInvalida => "estructura_invalida",
            Self::Truncado => "truncado",
            Self::AnidamientoExcesivo => "anidamiento_excesivo",
            Self::LimiteExcedido => "limite_excedido",
            Self::SintaxisNoAdmitida => "sintaxis_no_admitida",
            Self::Dicomdir => "dicomdir",
            Self::SinIdentidadSop => "sin_identidad_sop",
            Self::DocumentoEncapsulado => "documento_encapsulado",
            Self::ContenidoEstructurado => "contenido_estructurado",
            Self::PixelesNoComprobados => "pixeles_no_comprobados",
            Self::PixelesIlegibles => "pixeles_ilegibles",
            Self::TextoEnPixeles => "texto_en_pixeles",
            Self::OpcionNoAplicable => "opcion_no_aplicable",
            Self::VerificacionFallida => "verificacion_fallida",
            Self::Criptografia => "criptografia",
            Self::FalloInterno => "fallo_interno",
        }
    }
}

impl fmt::Display for CodigoRechazo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.codigo())
    }
}

/// An input that must not leave quarantine. Neither the reason nor the report carries personal data.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("rejected: {codigo}")]
pub struct Rechazo {
    pub codigo: CodigoRechazo,
    pub informe: Box<Informe>,
}

impl Rechazo {
    pub(crate) fn nuevo(codigo: CodigoRechazo, informe: Informe) -> Self {
        Self { codigo, informe: Box::new(informe) }
    }
}

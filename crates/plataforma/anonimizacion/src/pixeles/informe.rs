use serde::{Deserialize, Serialize};

use super::politica::{Caja, Recuadro};

/// What was done to the pixels of an image.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct InformePixeles {
    /// Frames of the image; 0 if it has no pixels.
    pub cuadros: u32,
    /// The frames were decoded, looked at and can be read.
    pub revisados: bool,
    pub regiones: Vec<Region>,
    /// Pixels whose bits beyond Bits Stored were cleared: embedded overlays or whatever hid there.
    pub bits_ocultos: u64,
    /// Pixel data below the top level (icons) that was dropped.
    pub iconos: u32,
    /// Comment and application segments removed from compressed streams.
    pub comentarios: u32,
    /// Bytes beyond the last frame that were dropped.
    pub bytes_sobrantes: u64,
    /// The pixels were written anew; `false` where every stream keeps its image data byte by byte.
    pub recodificado: bool,
    /// A face could be rebuilt from this image (PS3.15, Clean Recognizable Visual Features).
    pub rostro_reconocible: bool,
}

/// One blanked rectangle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Region {
    #[serde(flatten)]
    pub caja: Caja,
    pub origen: Origen,
}

/// Why a rectangle was blanked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origen {
    /// Found by the detector.
    Texto,
    /// Outside the regions that an ultrasound image declares.
    Ultrasonido,
    /// Where that device is known to write.
    Equipo,
    /// Added by a reviewer.
    Revision,
}

/// Why pixels cannot leave. No variant carries a value of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RechazoPixeles {
    #[error("text is likely in these pixels and nobody looked for it")]
    NoComprobados,
    #[error("an attribute that describes the pixels is missing or out of range")]
    DescripcionInvalida,
    #[error("the image is larger than its bytes can hold or than is accepted")]
    DimensionesImposibles,
    #[error("there are fewer bytes of pixels than the image declares")]
    PixelesIncompletos,
    #[error("there is no decoder for this transfer syntax or kind of stream")]
    SintaxisSinDecodificador,
    #[error("a compressed frame cannot be decoded")]
    FlujoDanado,
    #[error("a compressed frame is not of the declared size or depth")]
    FlujoIncoherente,
    #[error("this photometric interpretation is not supported")]
    FotometriaNoAdmitida,
    #[error("text can still be found after the redaction")]
    TextoRestante,
    #[error("the file says that text is burned in and none was found")]
    TextoSinHallar,
    #[error("pixels remain below the top level")]
    PixelesAnidados,
    #[error("a pixel outside the redacted boxes changed")]
    PixelAlterado,
    #[error("a pixel inside a redacted box was not blanked")]
    RegionSinBorrar,
    #[error("the redacted pixels cannot be encoded")]
    CodificacionFallida,
    #[error("the file is not a picture of the declared format")]
    FormatoInvalido,
    #[error("identifying metadata is still in the picture")]
    MetadatosRestantes,
}

impl RechazoPixeles {
    /// The stable code of the reason.
    pub fn codigo(&self) -> &'static str {
        match self {
            Self::NoComprobados => "no_comprobados",
            Self::DescripcionInvalida => "descripcion_invalida",
            Self::DimensionesImposibles => "dimensiones_imposibles",
            Self::PixelesIncompletos => "pixeles_incompletos",
            Self::SintaxisSinDecodificador => "sintaxis_sin_decodificador",
            Self::FlujoDanado => "flujo_danado",
            Self::FlujoIncoherente => "flujo_incoherente",
            Self::FotometriaNoAdmitida => "fotometria_no_admitida",
            Self::TextoRestante => "texto_restante",
            Self::TextoSinHallar => "texto_sin_hallar",
            Self::PixelesAnidados => "pixeles_anidados",
            Self::PixelAlterado => "pixel_alterado",
            Self::RegionSinBorrar => "region_sin_borrar",
            Self::CodificacionFallida => "codificacion_fallida",
            Self::FormatoInvalido => "formato_invalido",
            Self::MetadatosRestantes => "metadatos_restantes",
        }
    }
}

impl InformePixeles {
    /// The boxes to blank in a frame.
    pub(crate) fn recuadros(&self, cuadro: u32) -> Vec<Recuadro> {
        let suyas = self.regiones.iter().filter(|region| region.caja.cuadro.is_none_or(|uno| uno == cuadro));
        suyas.map(|region| region.caja.recuadro()).collect()
    }
}

impl Region {
    pub(crate) fn nueva(recuadro: &Recuadro, cuadro: Option<u32>, origen: Origen) -> Self {
        let Recuadro { x, y, ancho, alto } = *recuadro;
        Self { caja: Caja { cuadro, x, y, ancho, alto }, origen }
    }
}

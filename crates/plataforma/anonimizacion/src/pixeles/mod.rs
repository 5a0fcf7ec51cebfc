//! Text burned into pixels.

use dicom_core::Tag;
use dicom_object::DefaultDicomObject;
use serde::{Deserialize, Serialize};

/// A rectangle of pixels; `cuadro` is a frame counted from zero, none for all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Caja {
    pub cuadro: Option<u32>,
    pub x: u32,
    pub y: u32,
    pub ancho: u32,
    pub alto: u32,
}

/// What is done about text in pixels.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PoliticaPixeles {
    /// Look for text and remove it.
    pub detectar: bool,
    /// Boxes that a reviewer drew, removed whatever the detector says.
    pub cuadros: Vec<Caja>,
    /// Somebody else answers for the pixels: their bytes go through as they are.
    pub comprobados_aparte: bool,
}

/// What was done to the pixels.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct InformePixeles {
    pub revisados: bool,
    pub cuadros: u32,
    pub regiones: u32,
}

/// Why the pixels are not proved clean.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RechazoPixeles {
    #[error("text is likely in these pixels and nobody looked for it")]
    NoComprobados,
    #[error("the pixels cannot be decoded")]
    Ilegibles,
    #[error("text remains in the pixels")]
    TextoRestante,
}

/// Modalities whose devices do not write into the image.
const SIN_TEXTO: [&str; 6] = ["CT", "MR", "PT", "NM", "RTDOSE", "SEG"];

/// Lets pass the pixels in which text is unlikely, and no others.
pub fn limpiar(objeto: &mut DefaultDicomObject, politica: &PoliticaPixeles) -> Result<InformePixeles, RechazoPixeles> {
    let texto = |grupo, elemento| {
        let valor = objeto.get(Tag(grupo, elemento)).and_then(|valor| valor.to_str().ok());
        valor.map(|valor| valor.trim().to_owned()).unwrap_or_default()
    };
    let modalidad = texto(0x0008, 0x0060);
    let secundaria = texto(0x0008, 0x0008).contains("SECONDARY");
    let probable = texto(0x0028, 0x0301) == "YES" || secundaria || !SIN_TEXTO.contains(&modalidad.as_str());
    if probable || politica.detectar || !politica.cuadros.is_empty() {
        return Err(RechazoPixeles::NoComprobados);
    }
    Ok(InformePixeles::default())
}

/// Proves on the written object that the text is gone and every other pixel is what it was.
pub fn verificar(
    original: &DefaultDicomObject,
    limpio: &DefaultDicomObject,
    _informe: &InformePixeles,
) -> Result<(), RechazoPixeles> {
    let bytes = |objeto: &DefaultDicomObject| {
        let pixeles = objeto.get(Tag(0x7FE0, 0x0010))?;
        pixeles.to_bytes().ok().map(std::borrow::Cow::into_owned)
    };
    if bytes(original) == bytes(limpio) { Ok(()) } else { Err(RechazoPixeles::Ilegibles) }
}

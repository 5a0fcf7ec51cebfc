//! Boxes that are known before anybody looks at the pixels.

mod equipos;
mod ultrasonido;

use dicom_object::InMemDicomObject;

use super::{
    forma::{Forma, texto},
    informe::{Origen, Region},
};
use dicom_dictionary_std::tags;

/// The regions that the image's own attributes ask to blank, in every frame.
pub(crate) fn regiones(objeto: &InMemDicomObject, forma: &Forma) -> Vec<Region> {
    let (ancho, alto) = (forma.columnas as u32, forma.filas as u32);
    let fuera = ultrasonido::fuera(objeto, ancho, alto);
    let conocidas = equipos::cajas(objeto, ancho, alto);
    let region = |origen| move |caja| Region::nueva(&caja, None, origen);
    fuera
        .into_iter()
        .map(region(Origen::Ultrasonido))
        .chain(conocidas.into_iter().map(region(Origen::Equipo)))
        .collect()
}

/// Whether text is likely: the image says so, or it is a capture of a screen or of paper.
pub(crate) fn texto_probable(objeto: &InMemDicomObject) -> bool {
    let clase = texto(objeto, tags::SOP_CLASS_UID).unwrap_or_default();
    dice_llevar_texto(objeto) || clase.starts_with("1.2.840.10008.5.1.4.1.1.7")
}

/// Whether text cannot be ruled out without a look: only some devices never write into their images.
pub(crate) fn texto_posible(objeto: &InMemDicomObject) -> bool {
    const SIN_TEXTO: [&str; 6] = ["CT", "MR", "PT", "NM", "RTDOSE", "SEG"];
    let modalidad = texto(objeto, tags::MODALITY).unwrap_or_default();
    let secundaria = texto(objeto, tags::IMAGE_TYPE).is_some_and(|tipo| tipo.contains("SECONDARY"));
    texto_probable(objeto) || secundaria || !SIN_TEXTO.contains(&modalidad.as_str())
}

/// Burned In Annotation is YES.
pub(crate) fn dice_llevar_texto(objeto: &InMemDicomObject) -> bool {
    texto(objeto, tags::BURNED_IN_ANNOTATION).is_some_and(|dicho| dicho.eq_ignore_ascii_case("YES"))
}

/// Whether a face could be rebuilt from the image.
pub(crate) fn cabeza(objeto: &InMemDicomObject) -> bool {
    const PARTES: [&str; 8] = ["HEAD", "BRAIN", "SKULL", "FACE", "ORBIT", "SINUS", "NECK", "CABEZA"];
    let volumen = texto(objeto, tags::MODALITY).is_some_and(|m| matches!(m.as_str(), "CT" | "MR" | "PT"));
    let nombrada = [tags::BODY_PART_EXAMINED, tags::STUDY_DESCRIPTION, tags::SERIES_DESCRIPTION].iter().any(|tag| {
        texto(objeto, *tag).is_some_and(|dicho| PARTES.iter().any(|parte| dicho.to_ascii_uppercase().contains(parte)))
    });
    volumen && nombrada
}

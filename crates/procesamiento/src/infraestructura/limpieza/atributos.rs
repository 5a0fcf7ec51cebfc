use dicom_dictionary_std::tags;
use dicom_object::{OpenFileOptions, Tag};

use super::protocolo::Hallazgos;

/// What a clean DICOM file says of itself; nothing where it cannot be read up to its pixels.
pub(super) fn leer(limpio: &[u8]) -> Hallazgos {
    let Ok(objeto) = OpenFileOptions::new().read_until(tags::PIXEL_DATA).from_reader(limpio) else {
        return Hallazgos::default();
    };
    let texto = |tag: Tag| {
        let texto = objeto.element_opt(tag).ok().flatten()?.to_str().ok()?;
        let texto = texto.trim_matches(['\0', ' ']);
        (!texto.is_empty()).then(|| texto.to_owned())
    };
    Hallazgos {
        paciente: texto(tags::PATIENT_ID),
        modalidad: texto(tags::MODALITY),
        region_anatomica: texto(tags::BODY_PART_EXAMINED),
        estudio: texto(tags::STUDY_INSTANCE_UID),
        serie: texto(tags::SERIES_INSTANCE_UID),
        instancia: texto(tags::SOP_INSTANCE_UID),
        clase: texto(tags::SOP_CLASS_UID),
    }
}

//! Values that say nothing and are valid for their representation (action D).

use dicom_core::VR;

/// The text that stands where a text was.
pub(crate) const TEXTO: &str = "ANONIMIZADO";
pub(crate) const TEXTO_CORTO: &str = "ANON";
/// Eight bytes, so that they fill values of every width.
const BYTES: &[u8; 8] = b"ANONIMIZ";
pub(crate) const FECHA: &str = "19000101";

/// A dummy of a representation. Numbers are zero, which both byte orders write alike.
pub(crate) fn valor(vr: VR) -> Vec<u8> {
    let texto = match vr {
        VR::DA => FECHA,
        VR::DT => "19000101000000",
        VR::TM => "000000",
        VR::AS => "000Y",
        VR::DS | VR::IS => "0",
        VR::AE | VR::CS | VR::SH => TEXTO_CORTO,
        VR::UR => "urn:anonimizado",
        VR::AT | VR::FD | VR::FL | VR::SL | VR::SS | VR::SV | VR::UL | VR::US | VR::UV => return ceros(vr),
        VR::OB | VR::OD | VR::OF | VR::OL | VR::OV | VR::OW | VR::UN => return BYTES.to_vec(),
        _ => TEXTO,
    };
    texto.as_bytes().to_vec()
}

fn ceros(vr: VR) -> Vec<u8> {
    let ancho = match vr {
        VR::SS | VR::US => 2,
        VR::FD | VR::SV | VR::UV => 8,
        _ => 4,
    };
    vec![0; ancho]
}

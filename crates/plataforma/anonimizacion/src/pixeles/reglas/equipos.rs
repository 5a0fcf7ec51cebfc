use dicom_core::Tag;
use dicom_dictionary_std::tags;
use dicom_object::InMemDicomObject;

use crate::pixeles::{forma::texto, politica::Recuadro};

/// The rules, in the format that the file explains.
const REGLAS: &str = include_str!("equipos.txt");

/// The boxes of every rule that holds for the image.
pub(super) fn cajas(objeto: &InMemDicomObject, ancho: u32, alto: u32) -> Vec<Recuadro> {
    let reglas = REGLAS.lines().filter(|linea| !linea.trim_start().starts_with('#')).filter_map(|l| l.split_once("=>"));
    let suyas = reglas.filter(|(condiciones, _)| condiciones.split(';').all(|c| se_cumple(c, objeto, ancho, alto)));
    suyas.flat_map(|(_, cajas)| cajas.split(';').filter_map(|caja| leer_caja(caja, ancho, alto))).collect()
}

fn se_cumple(condicion: &str, objeto: &InMemDicomObject, ancho: u32, alto: u32) -> bool {
    let condicion = condicion.trim().to_uppercase();
    let igual = |tag: Tag, dicho: &str| texto(objeto, tag).is_some_and(|t| t.eq_ignore_ascii_case(dicho));
    let lleva = |tag: Tag, dicho: &str| texto(objeto, tag).is_some_and(|t| t.to_uppercase().contains(dicho));
    if let Some((atributo, dicho)) = condicion.split_once('~') {
        atributo_de(atributo).is_some_and(|tag| lleva(tag, dicho))
    } else {
        match condicion.split_once('=') {
            Some(("ANCHO", dicho)) => dicho.parse() == Ok(ancho),
            Some(("ALTO", dicho)) => dicho.parse() == Ok(alto),
            Some((atributo, dicho)) => atributo_de(atributo).is_some_and(|tag| igual(tag, dicho)),
            None => false,
        }
    }
}

fn atributo_de(nombre: &str) -> Option<Tag> {
    match nombre {
        "MODALIDAD" => Some(tags::MODALITY),
        "FABRICANTE" => Some(tags::MANUFACTURER),
        "MODELO" => Some(tags::MANUFACTURER_MODEL_NAME),
        "SERIE" => Some(tags::SERIES_DESCRIPTION),
        "TIPO" => Some(tags::IMAGE_TYPE),
        _ => None,
    }
}

fn leer_caja(caja: &str, ancho: u32, alto: u32) -> Option<Recuadro> {
    let numeros: Option<Vec<u32>> =
        caja.split(',').zip([ancho, alto, ancho, alto]).map(|(numero, lado)| medida(numero.trim(), lado)).collect();
    let [x, y, ancho_caja, alto_caja] = numeros?[..] else { return None };
    Recuadro::nueva(x, y, ancho_caja, alto_caja).dentro_de(ancho, alto)
}

fn medida(numero: &str, lado: u32) -> Option<u32> {
    match numero.strip_suffix('%') {
        Some(parte) => Some((u64::from(lado) * parte.parse::<u64>().ok()?).div_ceil(100) as u32),
        None => numero.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use dicom_core::{DataElement, VR};

    use super::*;

    fn objeto(modalidad: &str, fabricante: &str) -> InMemDicomObject {
        InMemDicomObject::from_element_iter([
            DataElement::new(tags::MODALITY, VR::CS, modalidad),
            DataElement::new(tags::MANUFACTURER, VR::LO, fabricante),
        ])
    }

    #[test]
    fn todas_las_reglas_se_leen_enteras() {
        for linea in REGLAS.lines().filter(|l| !l.starts_with('#') && !l.trim().is_empty()) {
            let (condiciones, cajas) = linea.split_once("=>").expect("a rule has boxes");
            for condicion in condiciones.split(';') {
                let (nombre, _) = condicion.trim().split_once(['=', '~']).expect("a condition compares");
                let nombre = nombre.to_uppercase();
                assert!(matches!(&nombre[..], "ANCHO" | "ALTO") || atributo_de(&nombre).is_some(), "{linea}");
            }
            assert!(cajas.split(';').all(|caja| leer_caja(caja, 1024, 1024).is_some()), "{linea}");
        }
    }

    #[test]
    fn una_regla_vale_si_valen_todas_sus_condiciones() {
        let banda = cajas(&objeto("US", "GE Healthcare Ultrasound"), 1024, 768);
        assert_eq!(banda, [Recuadro::nueva(0, 0, 1024, 62)]);
        assert_eq!(cajas(&objeto("US", "GE Healthcare Ultrasound"), 800, 600), []);
        assert_eq!(cajas(&objeto("MR", "GE Healthcare Ultrasound"), 1024, 768), []);
    }
}

//! Pixels below the top level: icons, and whatever else carries a picture of the picture.

use dicom_core::{Tag, header::Header, value::Value};
use dicom_dictionary_std::tags;
use dicom_object::InMemDicomObject;

use super::informe::RechazoPixeles;

const PIXELES: [Tag; 3] = [tags::PIXEL_DATA, tags::FLOAT_PIXEL_DATA, tags::DOUBLE_FLOAT_PIXEL_DATA];
/// Levels of nesting that are followed.
const PROFUNDIDAD: usize = 64;

/// Drops icons and nested pixel data; tells how many there were.
pub(crate) fn quitar(objeto: &mut InMemDicomObject) -> Result<u32, RechazoPixeles> {
    quitar_en(objeto, 0)
}

fn quitar_en(objeto: &mut InMemDicomObject, nivel: usize) -> Result<u32, RechazoPixeles> {
    if nivel > PROFUNDIDAD {
        return Err(RechazoPixeles::DescripcionInvalida);
    }
    let mut quitados = u32::from(objeto.remove_element(tags::ICON_IMAGE_SEQUENCE));
    if nivel > 0 {
        quitados += PIXELES.iter().map(|tag| u32::from(objeto.remove_element(*tag))).sum::<u32>();
    }
    let secuencias = objeto.iter().filter(|e| matches!(e.value(), Value::Sequence(_))).map(|e| e.tag());
    let con_pixeles: Vec<Tag> = secuencias.filter(|tag| con_pixeles(objeto, *tag, nivel)).collect();
    for tag in con_pixeles {
        let mut dentro = Ok(0);
        objeto.update_value(tag, |valor| {
            let items = valor.items_mut().map(|items| items.iter_mut()).into_iter().flatten();
            dentro = items.map(|item| quitar_en(item, nivel + 1)).sum();
        });
        quitados += dentro?;
    }
    Ok(quitados)
}

/// Whether a sequence has something to drop, so that the others are not touched.
fn con_pixeles(objeto: &InMemDicomObject, tag: Tag, nivel: usize) -> bool {
    let items = objeto.get(tag).and_then(|e| e.value().items()).unwrap_or_default();
    items.iter().any(|item| hay(item, nivel + 1))
}

fn hay(objeto: &InMemDicomObject, nivel: usize) -> bool {
    nivel > PROFUNDIDAD
        || objeto.iter().any(|elemento| match elemento.value() {
            Value::Sequence(secuencia) => {
                elemento.tag() == tags::ICON_IMAGE_SEQUENCE || secuencia.items().iter().any(|item| hay(item, nivel + 1))
            }
            _ => nivel > 0 && PIXELES.contains(&elemento.tag()),
        })
}

/// Whether pixels remain below the top level.
pub(crate) fn quedan(objeto: &InMemDicomObject) -> bool {
    hay(objeto, 0)
}

//! Every element of the written object, at every level.

use dicom_core::{Tag, VR, header::Header, value::Value};
use dicom_object::{DefaultDicomObject, InMemDicomObject, mem::InMemElement};

use super::Prueba;
use crate::{escritura::es_binaria, ficticios, perfil::Opcion, recorrido::lectura_de, tabla::Accion};

const COMPROBADAS: [&str; 6] = ["tabla", "privados", "desconocidos", "palabras", "uid", "metodo"];

pub(super) fn comprobar(
    prueba: &Prueba<'_>,
    objeto: &DefaultDicomObject,
    fallos: &mut Vec<String>,
) -> [&'static str; 6] {
    conjunto(prueba, objeto, true, false, fallos);
    metodo(prueba, objeto, fallos);
    COMPROBADAS
}

fn conjunto(prueba: &Prueba<'_>, objeto: &InMemDicomObject, raiz: bool, de_contenido: bool, fallos: &mut Vec<String>) {
    for elemento in objeto {
        let etiqueta = elemento.tag();
        if raiz && propia(etiqueta) {
            continue;
        }
        if let Some(fallo) = elemento_malo(prueba, elemento, raiz, de_contenido) {
            fallos.push(format!("{fallo} ({:04X},{:04X})", etiqueta.group(), etiqueta.element()));
        }
        if let Value::Sequence(secuencia) = elemento.value() {
            let dentro = crate::documentos::contenido::tiene_contenido(etiqueta);
            for item in secuencia.items() {
                conjunto(prueba, item, false, dentro, fallos);
            }
        }
    }
}

/// What de-identification itself writes.
fn propia(etiqueta: Tag) -> bool {
    matches!(etiqueta, Tag(0x0012, 0x0062..=0x0064) | Tag(0x0028, 0x0303))
}

fn elemento_malo(prueba: &Prueba<'_>, elemento: &InMemElement, raiz: bool, de_contenido: bool) -> Option<&'static str> {
    let etiqueta = elemento.tag();
    if etiqueta.group() & 1 == 1 {
        return (!prueba.perfil.tiene(Opcion::ConservarPrivadosSeguros)).then_some("privados");
    }
    if matches!(etiqueta.group(), 0x5000..=0x50FF | 0x6000..=0x60FF) || etiqueta.group() == 0x7FE0 && !raiz {
        return Some("graficos");
    }
    let accion = prueba.acciones.de(etiqueta);
    let valor = match elemento.value() {
        Value::Primitive(valor) => valor,
        Value::Sequence(secuencia) => {
            let vacia = secuencia.items().is_empty();
            return match accion {
                Accion::Quitar => Some("tabla"),
                Accion::Vaciar if !vacia => Some("tabla"),
                _ => None,
            };
        }
        Value::PixelSequence(_) => return None,
    };
    if de_contenido && crate::documentos::contenido::es_valor(etiqueta) {
        return palabras(prueba, elemento).then_some("palabras");
    }
    let bytes = valor.to_bytes();
    match accion {
        Accion::Quitar => return Some("tabla"),
        Accion::Vaciar | Accion::Ficticio | Accion::Uid if prueba.originales.contiene(etiqueta, &bytes) => {
            return Some("tabla");
        }
        Accion::Ninguna if elemento.vr() == VR::PN && prueba.originales.contiene(etiqueta, &bytes) => {
            return Some("tabla");
        }
        Accion::Conservar => return None,
        _ => {}
    }
    if elemento.vr() == VR::UI {
        return uid_original(prueba, elemento).then_some("uid");
    }
    palabras(prueba, elemento).then_some("palabras")
}

fn uid_original(prueba: &Prueba<'_>, elemento: &InMemElement) -> bool {
    let Ok(valores) = elemento.value().to_multi_str() else { return true };
    valores.iter().any(|uid| prueba.palabras.es_uid(super::sin_relleno(uid)))
}

/// Dates that were moved may fall on another date of the file; everything else must be free of its words.
fn palabras(prueba: &Prueba<'_>, elemento: &InMemElement) -> bool {
    let (etiqueta, vr) = (elemento.tag(), elemento.vr());
    if etiqueta.group() == 0x7FE0 || matches!(vr, VR::DA | VR::DT) {
        return false;
    }
    if matches!(vr, VR::OB | VR::OW | VR::UN) {
        return elemento.to_bytes().is_ok_and(|bytes| prueba.palabras.limpiar_bytes(&bytes).is_some());
    }
    if es_binaria(vr) {
        return false;
    }
    let Ok(texto) = elemento.value().to_raw_str() else { return true };
    let limpio = texto.trim_end_matches(['\0', ' ']);
    let ficticio = limpio == prueba.identidad.seudonimo || limpio.as_bytes() == ficticios::valor(vr);
    !ficticio && prueba.palabras.alguna_en(limpio, lectura_de(etiqueta, vr))
}

fn metodo(prueba: &Prueba<'_>, objeto: &DefaultDicomObject, fallos: &mut Vec<String>) {
    let texto = |etiqueta: Tag| objeto.get(etiqueta).and_then(|elemento| elemento.to_str().ok());
    let quitada = texto(Tag(0x0012, 0x0062)).is_some_and(|valor| valor == "YES");
    let descrito = texto(Tag(0x0012, 0x0063)).is_some_and(|valor| !valor.is_empty());
    let codigos = objeto.get(Tag(0x0012, 0x0064)).and_then(|elemento| elemento.items()).unwrap_or_default();
    let basico = codigos.iter().any(|item| {
        item.get(Tag(0x0008, 0x0100)).and_then(|codigo| codigo.to_str().ok()).is_some_and(|codigo| codigo == "113100")
    });
    let suficientes = codigos.len() > prueba.perfil.opciones().len().saturating_sub(2);
    let fechas = texto(Tag(0x0028, 0x0303)).is_some();
    if !(quitada && descrito && basico && suficientes && fechas) {
        fallos.push("metodo".to_owned());
    }
}

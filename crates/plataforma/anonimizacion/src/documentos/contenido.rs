//! Content items of structured reports, acquisition contexts and annotations (PS3.15 E.3.4).

use dicom_core::Tag;

use crate::{
    conjunto::Conjunto,
    perfil::{Opcion, Perfil},
    tabla::{Accion, Acciones},
};

const TIPO: Tag = Tag(0x0040, 0xA040);
const CONCEPTO: Tag = Tag(0x0040, 0xA043);

/// Sequences whose items are content items.
pub(crate) fn tiene_contenido(etiqueta: Tag) -> bool {
    matches!(etiqueta, Tag(0x0040, 0xA730 | 0x0555 | 0x0612 | 0x0440))
}

/// Attributes that hold the value of a content item.
pub(crate) fn es_valor(etiqueta: Tag) -> bool {
    matches!(etiqueta, Tag(0x0040, 0xA120..=0xA124 | 0xA160))
}

/// What to do with the value of an item, or with the item where the action removes.
pub(crate) fn accion(item: &Conjunto<'_>, acciones: &Acciones, perfil: Perfil) -> Accion {
    let tipo = item.ascii(TIPO).unwrap_or_default();
    let concepto = item.items(CONCEPTO).first();
    let codigo = |concepto: &Conjunto<'_>| {
        let valores = [Tag(0x0008, 0x0100), Tag(0x0008, 0x0119), Tag(0x0008, 0x0120)];
        let valor = valores.into_iter().find_map(|etiqueta| concepto.ascii(etiqueta).map(str::to_owned))?;
        acciones.de_contenido(&valor, concepto.ascii(Tag(0x0008, 0x0102)).unwrap_or_default(), tipo)
    };
    concepto.and_then(codigo).unwrap_or_else(|| por_tipo(tipo, perfil))
}

/// Concepts that the standard does not list: what they may hold decides.
fn por_tipo(tipo: &str, perfil: Perfil) -> Accion {
    match tipo {
        "PNAME" => Accion::Ficticio,
        "DATE" | "DATETIME" | "TIME" if perfil.tiene(Opcion::ConservarFechas) => Accion::Conservar,
        "DATE" | "DATETIME" | "TIME" if perfil.tiene(Opcion::ModificarFechas) => Accion::Limpiar,
        "DATE" | "DATETIME" | "TIME" => Accion::Ficticio,
        "UIDREF" if perfil.tiene(Opcion::ConservarUid) => Accion::Conservar,
        "UIDREF" => Accion::Uid,
        "CODE" | "NUM" | "CONTAINER" | "IMAGE" | "COMPOSITE" | "WAVEFORM" | "SCOORD" | "SCOORD3D" | "TCOORD"
        | "TABLE" => Accion::Ninguna,
        _ if perfil.tiene(Opcion::LimpiarContenidoEstructurado) || perfil.tiene(Opcion::LimpiarDescriptores) => {
            Accion::Limpiar
        }
        _ => Accion::Ficticio,
    }
}

//! The rows, read once from the data in `datos/`.

use std::{collections::HashMap, sync::LazyLock};

use dicom_core::{Tag, VR};
use serde::Deserialize;

use crate::perfil::Opcion;

const JSON: &str = include_str!("../../datos/ps315_2026d.json");

/// A column's action code, simple or depending on the type of the attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub(crate) enum Basica {
    X,
    D,
    Z,
    U,
    #[serde(rename = "X/Z")]
    XZ,
    #[serde(rename = "X/D")]
    XD,
    #[serde(rename = "X/Z/D")]
    Xzd,
    #[serde(rename = "Z/D")]
    ZD,
    #[serde(rename = "X/Z/U*")]
    Xzu,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub(crate) enum DeOpcion {
    K,
    C,
}

type Columnas = HashMap<String, DeOpcion>;

/// A row of either table: the basic action and those of the options.
#[derive(Clone, Debug, Deserialize)]
struct FilaCruda {
    tag: String,
    basic: Basica,
    options: Columnas,
}

#[derive(Clone, Debug, Deserialize)]
struct ContenidoCrudo {
    code: String,
    scheme: String,
    value_type: String,
    basic: Basica,
    options: Columnas,
}

#[derive(Deserialize)]
struct Json {
    rules: Vec<FilaCruda>,
    content_items: Vec<ContenidoCrudo>,
}

/// The actions of a row.
#[derive(Clone, Debug)]
pub(crate) struct Fila {
    pub basica: Basica,
    pub opciones: Vec<(Opcion, DeOpcion)>,
}

/// A row of Table E.3.4-1.
#[derive(Clone, Debug)]
pub(crate) struct FilaContenido {
    pub codigo: String,
    pub esquema: String,
    pub tipo: String,
    pub fila: Fila,
}

pub(crate) struct Tabla {
    /// In ascending order.
    pub atributos: Vec<(Tag, Fila)>,
    pub curvas: Fila,
    pub superposiciones: [(u16, Fila); 2],
    pub privados: Fila,
    pub contenido: Vec<FilaContenido>,
}

/// The tables. The data is part of the program: a test reads it, so reading it cannot fail later.
pub(crate) fn tabla() -> &'static Tabla {
    static TABLA: LazyLock<Tabla> = LazyLock::new(|| leer().unwrap_or_else(Tabla::vacia));
    &TABLA
}

fn leer() -> Option<Tabla> {
    let json: Json = serde_json::from_str(JSON).ok()?;
    let especial = |nombre: &str| json.rules.iter().find(|fila| fila.tag == nombre).map(fila_de);
    let mut atributos: Vec<(Tag, Fila)> =
        json.rules.iter().filter_map(|fila| etiqueta(&fila.tag).map(|etiqueta| (etiqueta, fila_de(fila)))).collect();
    atributos.sort_by_key(|(etiqueta, _)| *etiqueta);
    Some(Tabla {
        atributos,
        curvas: especial("50xxxxxx")?,
        superposiciones: [(0x3000, especial("60xx3000")?), (0x4000, especial("60xx4000")?)],
        privados: especial("PRIVATE")?,
        contenido: json.content_items.iter().map(contenido_de).collect(),
    })
}

impl Tabla {
    /// Never reached: [`Acciones`](super::Acciones) of an empty table removes everything that it does not know.
    fn vacia() -> Self {
        let quitar = || Fila { basica: Basica::X, opciones: Vec::new() };
        let (curvas, privados) = (quitar(), quitar());
        let superposiciones = [(0x3000, quitar()), (0x4000, quitar())];
        Self { atributos: Vec::new(), curvas, superposiciones, privados, contenido: Vec::new() }
    }
}

fn etiqueta(texto: &str) -> Option<Tag> {
    let numero = u32::from_str_radix(texto, 16).ok()?;
    let grupo = u16::try_from(numero >> 16).ok()?;
    let elemento = u16::try_from(numero & 0xFFFF).ok()?;
    Some(Tag(grupo, elemento))
}

fn fila_de(cruda: &FilaCruda) -> Fila {
    Fila { basica: cruda.basic, opciones: opciones_de(&cruda.options) }
}

fn contenido_de(crudo: &ContenidoCrudo) -> FilaContenido {
    FilaContenido {
        codigo: crudo.code.clone(),
        esquema: crudo.scheme.clone(),
        tipo: crudo.value_type.clone(),
        fila: Fila { basica: crudo.basic, opciones: opciones_de(&crudo.options) },
    }
}

fn opciones_de(columnas: &Columnas) -> Vec<(Opcion, DeOpcion)> {
    let con_columna = Opcion::TODAS.into_iter().filter_map(|opcion| Some((opcion, opcion.columna()?)));
    con_columna.filter_map(|(opcion, columna)| columnas.get(columna).map(|accion| (opcion, *accion))).collect()
}

impl Fila {
    pub fn es_de_fecha(&self) -> bool {
        self.opciones.iter().any(|(opcion, _)| *opcion == Opcion::ModificarFechas)
    }

    fn es_descriptor(&self) -> bool {
        self.opciones.iter().any(|(opcion, _)| *opcion == Opcion::LimpiarDescriptores)
    }
}

/// Whether a text under this attribute names a person, a place, a device or a number of theirs: what the table
/// touches and does not count among descriptions or dates.
pub(crate) fn identifica(etiqueta: Tag, vr: VR) -> bool {
    if vr == VR::PN {
        return true;
    }
    if !matches!(vr, VR::LO | VR::SH | VR::ST | VR::LT | VR::UT | VR::UC | VR::AE | VR::UR | VR::UN) {
        return false;
    }
    let filas = &tabla().atributos;
    let lugar = filas.binary_search_by_key(&etiqueta, |(de, _)| *de);
    lugar
        .ok()
        .and_then(|lugar| filas.get(lugar))
        .is_some_and(|(_, fila)| !fila.es_descriptor() && !fila.es_de_fecha() && fila.basica != Basica::U)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn la_tabla_tiene_las_filas_de_la_edicion_2026d() {
        let json: Json = serde_json::from_str(JSON).expect("the table");
        assert_eq!(json.rules.len(), 657);
        assert_eq!(json.content_items.len(), 214);
        assert_eq!(leer().expect("a table").atributos.len(), 653);
        let cuantas = |basica| json.rules.iter().filter(|fila| fila.basic == basica).count();
        let todas = [
            (Basica::X, 417),
            (Basica::D, 93),
            (Basica::U, 55),
            (Basica::Z, 42),
            (Basica::XD, 23),
            (Basica::XZ, 11),
            (Basica::Xzd, 8),
            (Basica::ZD, 6),
            (Basica::Xzu, 2),
        ];
        for (basica, esperadas) in todas {
            assert_eq!(cuantas(basica), esperadas, "{basica:?}");
        }
    }

    #[test]
    fn las_columnas_de_las_opciones_tienen_las_acciones_de_la_edicion_2026d() {
        let json: Json = serde_json::from_str(JSON).expect("the table");
        let cuantas = |opcion: Opcion| {
            let columna = opcion.columna().expect("a column");
            json.rules.iter().filter(|fila| fila.options.contains_key(columna)).count()
        };
        let esperadas = [
            (Opcion::ConservarPrivadosSeguros, 1),
            (Opcion::ConservarUid, 60),
            (Opcion::ConservarDispositivo, 59),
            (Opcion::ConservarInstitucion, 10),
            (Opcion::ConservarCaracteristicasPaciente, 19),
            (Opcion::ConservarFechas, 169),
            (Opcion::ModificarFechas, 169),
            (Opcion::LimpiarDescriptores, 141),
            (Opcion::LimpiarContenidoEstructurado, 4),
            (Opcion::LimpiarGraficos, 4),
        ];
        for (opcion, esperada) in esperadas {
            assert_eq!(cuantas(opcion), esperada, "{opcion:?}");
        }
    }

    #[test]
    fn lo_que_identifica_son_nombres_numeros_y_lugares_y_no_descripciones() {
        assert!(identifica(Tag(0x0010, 0x0020), VR::LO));
        assert!(identifica(Tag(0x0008, 0x0080), VR::LO));
        assert!(identifica(Tag(0x0099, 0x0001), VR::PN));
        assert!(!identifica(Tag(0x0008, 0x1030), VR::LO));
        assert!(!identifica(Tag(0x0008, 0x0070), VR::LO));
        assert!(!identifica(Tag(0x0008, 0x0020), VR::DA));
    }
}

//! The action for each attribute under one profile.

use dicom_core::{DataDictionary, Tag};
use dicom_dictionary_std::StandardDataDictionary;

use super::filas::{Basica, DeOpcion, Fila, FilaContenido, tabla};
use crate::perfil::{Opcion, Perfil};

/// What to do with a value (PS3.15 E.1.1). Where the code depends on the type of the attribute, which no data set
/// tells, this is the one that is safe for all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Accion {
    /// X
    Quitar,
    /// Z
    Vaciar,
    /// D
    Ficticio,
    /// K
    Conservar,
    /// U
    Uid,
    /// C
    Limpiar,
    /// In no table: kept, if no identifying word is in it.
    Ninguna,
}

/// The table resolved once for a profile.
pub(crate) struct Acciones {
    atributos: Vec<(Tag, Accion)>,
    contenido: Vec<(&'static FilaContenido, Accion)>,
    perfil: Perfil,
}

impl Acciones {
    pub fn nuevas(perfil: Perfil) -> Self {
        let atributos = tabla().atributos.iter().map(|(etiqueta, fila)| (*etiqueta, resolver(fila, perfil))).collect();
        let contenido = tabla().contenido.iter().map(|fila| (fila, resolver(&fila.fila, perfil))).collect();
        Self { atributos, contenido, perfil }
    }

    /// The action for an attribute of a data set.
    pub fn de(&self, etiqueta: Tag) -> Accion {
        match etiqueta.group() {
            // Commands, file meta information and directories are no part of an image's data set.
            0x0000..=0x0004 => return Accion::Quitar,
            _ if etiqueta.element() == 0 => return Accion::Quitar,
            grupo if grupo & 1 == 1 => return resolver(&tabla().privados, self.perfil),
            0x5000..=0x50FF => return resolver(&tabla().curvas, self.perfil),
            0x6000..=0x60FF => return self.superposicion(etiqueta),
            _ => {}
        }
        match self.atributos.binary_search_by_key(&etiqueta, |(de, _)| *de) {
            Ok(lugar) => self.atributos[lugar].1,
            Err(_) if conocida(etiqueta) => Accion::Ninguna,
            Err(_) => Accion::Quitar,
        }
    }

    /// The action for a content item of a report, if the standard lists its concept.
    pub fn de_contenido(&self, codigo: &str, esquema: &str, tipo: &str) -> Option<Accion> {
        let (_, accion) = self
            .contenido
            .iter()
            .find(|(fila, _)| fila.codigo == codigo && fila.esquema == esquema && fila.tipo == tipo)?;
        Some(*accion)
    }

    /// The rest of an overlay means nothing without its bits.
    fn superposicion(&self, etiqueta: Tag) -> Accion {
        let fila = tabla().superposiciones.iter().find(|(elemento, _)| *elemento == etiqueta.element());
        let (_, datos) = &tabla().superposiciones[0];
        resolver(fila.map_or(datos, |(_, fila)| fila), self.perfil)
    }
}

fn conocida(etiqueta: Tag) -> bool {
    StandardDataDictionary.by_tag(etiqueta).is_some()
}

fn resolver(fila: &Fila, perfil: Perfil) -> Accion {
    let de_opcion = |opcion: Opcion| {
        let columna = fila.opciones.iter().find(|(de, _)| *de == opcion).map(|(_, accion)| *accion);
        columna.filter(|_| perfil.tiene(opcion))
    };
    // Dates that move must all move, whatever else asks to keep some of them.
    if !perfil.tiene(Opcion::ConservarFechas) && de_opcion(Opcion::ModificarFechas).is_some() {
        return Accion::Limpiar;
    }
    let activas = || Opcion::TODAS.into_iter().filter_map(de_opcion);
    if activas().any(|accion| accion == DeOpcion::K) {
        return Accion::Conservar;
    }
    if activas().any(|accion| accion == DeOpcion::C) {
        return Accion::Limpiar;
    }
    match fila.basica {
        Basica::X => Accion::Quitar,
        Basica::Z | Basica::XZ => Accion::Vaciar,
        Basica::D | Basica::XD | Basica::Xzd | Basica::ZD => Accion::Ficticio,
        Basica::U | Basica::Xzu => Accion::Uid,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accion(perfil: Perfil, grupo: u16, elemento: u16) -> Accion {
        Acciones::nuevas(perfil).de(Tag(grupo, elemento))
    }

    #[test]
    fn el_perfil_basico_sigue_la_columna_basica() {
        let basico = Perfil::basico();
        assert_eq!(accion(basico, 0x0010, 0x1010), Accion::Quitar);
        assert_eq!(accion(basico, 0x0010, 0x0010), Accion::Vaciar);
        assert_eq!(accion(basico, 0x0008, 0x0018), Accion::Uid);
        assert_eq!(accion(basico, 0x0008, 0x1140), Accion::Uid);
        assert_eq!(accion(basico, 0x0008, 0x0080), Accion::Ficticio);
        assert_eq!(accion(basico, 0x0008, 0x0070), Accion::Ninguna);
        assert_eq!(accion(basico, 0x0009, 0x0010), Accion::Quitar);
        assert_eq!(accion(basico, 0x5002, 0x0022), Accion::Quitar);
        assert_eq!(accion(basico, 0x6004, 0x3000), Accion::Quitar);
        assert_eq!(accion(basico, 0x0008, 0xFFF0), Accion::Quitar);
    }

    #[test]
    fn las_opciones_cambian_solo_sus_columnas() {
        let fechas = Perfil::basico().con(Opcion::ModificarFechas).con(Opcion::ConservarDispositivo);
        assert_eq!(accion(fechas, 0x0008, 0x0020), Accion::Limpiar);
        assert_eq!(accion(fechas, 0x0018, 0x700C), Accion::Limpiar);
        assert_eq!(accion(fechas, 0x0018, 0x1000), Accion::Conservar);
        assert_eq!(accion(fechas, 0x0010, 0x0030), Accion::Vaciar);
        assert_eq!(accion(Perfil::basico().con(Opcion::LimpiarDescriptores), 0x0008, 0x1030), Accion::Limpiar);
    }

    #[test]
    fn los_codigos_de_contenido_se_buscan_por_esquema_y_tipo() {
        let acciones = Acciones::nuevas(Perfil::basico());
        assert_eq!(acciones.de_contenido("121029", "DCM", "PNAME"), Some(Accion::Ficticio));
        assert_eq!(acciones.de_contenido("121022", "DCM", "TEXT"), Some(Accion::Quitar));
        assert_eq!(acciones.de_contenido("121022", "DCM", "NUM"), None);
    }
}

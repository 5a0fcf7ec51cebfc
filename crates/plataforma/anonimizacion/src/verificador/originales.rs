use std::collections::{HashMap, HashSet};

use dicom_core::{Tag, VR};

use crate::{
    conjunto::{Conjunto, Valor},
    ficticios,
    tabla::{Accion, Acciones},
};

/// The values that must not come back under the attribute they stood in.
#[derive(Default)]
pub(crate) struct Originales {
    valores: HashMap<Tag, HashSet<Vec<u8>>>,
}

impl Originales {
    pub fn de(conjunto: &Conjunto<'_>, acciones: &Acciones) -> Self {
        let mut originales = Self::default();
        conjunto.recorrer(&mut |elemento| {
            let Valor::Bytes(bytes) = &elemento.valor else { return };
            let accion = acciones.de(elemento.etiqueta);
            let cambia = matches!(accion, Accion::Ficticio | Accion::Vaciar | Accion::Uid)
                || elemento.vr == VR::PN && accion != Accion::Conservar;
            let valor = recortado(bytes);
            if cambia && !elemento.es_privado() && !valor.is_empty() && valor != ficticios::valor(elemento.vr) {
                originales.valores.entry(elemento.etiqueta).or_default().insert(valor.to_vec());
            }
        });
        originales
    }

    pub fn contiene(&self, etiqueta: Tag, valor: &[u8]) -> bool {
        self.valores.get(&etiqueta).is_some_and(|valores| valores.contains(recortado(valor)))
    }
}

fn recortado(bytes: &[u8]) -> &[u8] {
    let de_relleno = |byte: &u8| matches!(byte, 0 | b' ');
    let inicio = bytes.iter().position(|byte| !de_relleno(byte)).unwrap_or(bytes.len());
    let fin = bytes.iter().rposition(|byte| !de_relleno(byte)).map_or(inicio, |ultimo| ultimo + 1);
    &bytes[inicio..fin]
}

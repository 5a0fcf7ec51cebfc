//! The actions of the table, carried out on every element of every level.

mod hoja;
mod marcas;

use dicom_core::{Tag, VR};

use crate::{
    claves::Claves,
    conjunto::{Conjunto, Elemento, Valor},
    documentos::contenido,
    informe::Cuentas,
    lectura::Codificacion,
    palabras::Palabras,
    perfil::{Opcion, Perfil},
    privados,
    tabla::{Accion, Acciones},
};

pub(crate) use hoja::lectura_de;
pub(crate) use marcas::marcar;

const CODIFICACION: Tag = Tag(0x0008, 0x0005);
const SECUENCIA_DE_CONTENIDO: Tag = Tag(0x0040, 0xA730);
const SECUENCIA_DE_ICONO: Tag = Tag(0x0088, 0x0200);
/// Codes that say what a reference is for.
const PROPOSITO: Tag = Tag(0x0040, 0xA170);
const REFERENCIA_INTERNA: Tag = Tag(0x0040, 0xDB73);

/// The secrets that stand for one patient.
pub(crate) struct Identidad {
    /// Empty where the file names no patient.
    pub seudonimo: String,
    pub dias: i64,
}

/// One file's walk.
pub(crate) struct Recorrido<'r> {
    pub perfil: Perfil,
    pub acciones: &'r Acciones,
    pub claves: &'r Claves,
    pub palabras: &'r Palabras,
    pub identidad: &'r Identidad,
    pub cuentas: Cuentas,
    /// Something written is not ASCII, so the output needs UTF-8.
    pub con_unicode: bool,
    /// The content tree refers to items by their place, so none may go.
    con_referencias: bool,
}

/// What the elements of an item inherit.
#[derive(Clone, Copy)]
pub(super) struct Contexto {
    codificacion: Codificacion,
    /// The sequence is to be a dummy: every text in it goes.
    ficticio: bool,
    /// The action for the value of a content item.
    valor: Option<Accion>,
    raiz: bool,
}

impl<'r> Recorrido<'r> {
    pub fn nuevo(
        perfil: Perfil,
        acciones: &'r Acciones,
        claves: &'r Claves,
        palabras: &'r Palabras,
        identidad: &'r Identidad,
    ) -> Self {
        Self {
            perfil,
            acciones,
            claves,
            palabras,
            identidad,
            cuentas: Cuentas::default(),
            con_unicode: false,
            con_referencias: false,
        }
    }

    /// The data set as it may leave.
    pub fn limpiar<'a>(&mut self, conjunto: Conjunto<'a>) -> Conjunto<'a> {
        let mut con_referencias = false;
        conjunto.recorrer(&mut |elemento| con_referencias |= elemento.etiqueta == REFERENCIA_INTERNA);
        self.con_referencias = con_referencias;
        let contexto = Contexto { codificacion: Codificacion::default(), ficticio: false, valor: None, raiz: true };
        let mut limpio = self.conjunto(conjunto, contexto);
        if self.con_unicode {
            declarar_utf8(&mut limpio, true);
        }
        limpio
    }

    fn conjunto<'a>(&mut self, conjunto: Conjunto<'a>, mut contexto: Contexto) -> Conjunto<'a> {
        if let Some(declarada) = conjunto.ascii(CODIFICACION) {
            contexto.codificacion = Codificacion::de(declarada);
        }
        let privados = self.privados_seguros(&conjunto);
        let mut limpios: Vec<Elemento<'a>> = Vec::with_capacity(conjunto.elementos.len());
        for elemento in conjunto.elementos {
            self.cuentas.elementos += 1;
            let etiqueta = elemento.etiqueta;
            let limpio = if elemento.es_privado() {
                let seguro = privados.iter().find(|(segura, _)| *segura == etiqueta);
                seguro.and_then(|(_, vr)| self.privado(elemento, *vr, contexto))
            } else {
                self.elemento(elemento, contexto)
            };
            let Some(limpio) = limpio else { continue };
            // Of a repeated attribute the last one counts.
            match limpios.last_mut().filter(|ultimo| ultimo.etiqueta == etiqueta) {
                Some(ultimo) => *ultimo = limpio,
                None => limpios.push(limpio),
            }
        }
        Conjunto { elementos: limpios }
    }

    fn elemento<'a>(&mut self, elemento: Elemento<'a>, contexto: Contexto) -> Option<Elemento<'a>> {
        let accion = match contexto.valor.filter(|_| contenido::es_valor(elemento.etiqueta)) {
            Some(accion) => accion,
            None => self.acciones.de(elemento.etiqueta),
        };
        match elemento.etiqueta.group() {
            0x6000..=0x60FF => {
                self.cuentas.superposiciones += u64::from(elemento.etiqueta.element() == 0x3000);
                self.cuentas.quitados += 1;
                return None;
            }
            0x5000..=0x50FF => {
                self.cuentas.curvas += u64::from(elemento.etiqueta.element() == 0x3000);
                self.cuentas.quitados += 1;
                return None;
            }
            // Pixels of an item are a picture of the picture, which nobody cleans.
            0x7FE0 if !contexto.raiz => {
                self.cuentas.iconos += 1;
                return None;
            }
            _ => {}
        }
        let Elemento { etiqueta, vr, valor } = elemento;
        match valor {
            Valor::Secuencia(items) => self.secuencia(etiqueta, items, accion, contexto),
            Valor::Fragmentos(_) => Some(Elemento { etiqueta, vr, valor }),
            Valor::Bytes(bytes) if etiqueta.group() == 0x7FE0 && accion != Accion::Quitar => {
                Some(Elemento { etiqueta, vr, valor: Valor::Bytes(bytes) })
            }
            Valor::Bytes(bytes) => self.hoja(etiqueta, vr, bytes, accion, contexto),
        }
    }

    fn secuencia<'a>(
        &mut self,
        etiqueta: Tag,
        items: Vec<Conjunto<'a>>,
        accion: Accion,
        contexto: Contexto,
    ) -> Option<Elemento<'a>> {
        let dentro = Contexto { raiz: false, valor: None, ..contexto };
        let items = match accion {
            Accion::Quitar => {
                self.cuentas.quitados += 1;
                self.cuentas.iconos += u64::from(etiqueta == SECUENCIA_DE_ICONO);
                return None;
            }
            Accion::Vaciar => {
                self.cuentas.vaciados += 1;
                Vec::new()
            }
            _ if contenido::tiene_contenido(etiqueta) => self.contenido(items, dentro),
            Accion::Ficticio => {
                self.cuentas.ficticios += 1;
                let dentro = Contexto { ficticio: etiqueta != SECUENCIA_DE_CONTENIDO, ..dentro };
                self.items(items, dentro)
            }
            // References: their UIDs are mapped and what else they say goes, like in a dummy.
            Accion::Uid => self.items(items, Contexto { ficticio: true, ..dentro }),
            _ if etiqueta == PROPOSITO => self.items(items, Contexto { ficticio: false, ..dentro }),
            Accion::Limpiar | Accion::Conservar | Accion::Ninguna => self.items(items, dentro),
        };
        Some(Elemento::secuencia(etiqueta, items))
    }

    fn items<'a>(&mut self, items: Vec<Conjunto<'a>>, contexto: Contexto) -> Vec<Conjunto<'a>> {
        items.into_iter().map(|item| self.conjunto(item, contexto)).collect()
    }

    /// Items of a content tree: the concept decides, not the attribute (PS3.15 E.3.4).
    fn contenido<'a>(&mut self, items: Vec<Conjunto<'a>>, contexto: Contexto) -> Vec<Conjunto<'a>> {
        let mut limpios = Vec::with_capacity(items.len());
        for item in items {
            self.cuentas.contenido += 1;
            let accion = contenido::accion(&item, self.acciones, self.perfil);
            if accion == Accion::Quitar && !self.con_referencias {
                self.cuentas.quitados += 1;
                continue;
            }
            let valor = if accion == Accion::Quitar { Accion::Ficticio } else { accion };
            limpios.push(self.conjunto(item, Contexto { valor: Some(valor), ..contexto }));
        }
        limpios
    }

    fn privados_seguros(&mut self, conjunto: &Conjunto<'_>) -> Vec<(Tag, VR)> {
        let hay = || conjunto.elementos.iter().filter(|elemento| elemento.es_privado());
        if !self.perfil.tiene(Opcion::ConservarPrivadosSeguros) {
            self.cuentas.privados += hay().count() as u64;
            return Vec::new();
        }
        let mut seguros = Vec::new();
        for elemento in hay() {
            let etiqueta = elemento.etiqueta;
            match privados::vr_segura(conjunto, etiqueta) {
                Some(vr) if elemento.bytes().is_some() => seguros.push((etiqueta, vr)),
                None if privados::es_creador_seguro(conjunto, etiqueta) => seguros.push((etiqueta, VR::LO)),
                _ => self.cuentas.privados += 1,
            }
        }
        seguros
    }

    fn privado<'a>(&mut self, elemento: Elemento<'a>, vr: VR, contexto: Contexto) -> Option<Elemento<'a>> {
        let Valor::Bytes(bytes) = elemento.valor else { return None };
        self.hoja(elemento.etiqueta, vr, bytes, Accion::Ninguna, contexto)
    }
}

/// UTF-8 for the whole data set, wherever an item said otherwise.
fn declarar_utf8(conjunto: &mut Conjunto<'_>, raiz: bool) {
    if raiz || conjunto.obtener(CODIFICACION).is_some() {
        conjunto.poner(Elemento::texto(CODIFICACION, VR::CS, "ISO_IR 192"));
    }
    for elemento in &mut conjunto.elementos {
        if let Valor::Secuencia(items) = &mut elemento.valor {
            items.iter_mut().for_each(|item| declarar_utf8(item, false));
        }
    }
}

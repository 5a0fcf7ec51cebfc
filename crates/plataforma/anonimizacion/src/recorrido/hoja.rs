//! One value: the action, by what the value represents.

use std::borrow::Cow;

use dicom_core::{Tag, VR};

use super::{Contexto, Recorrido};
use crate::{
    conjunto::{Elemento, Valor, recortar},
    escritura::es_binaria,
    fechas, ficticios,
    lectura::{es_texto_con_codificacion, vr_de},
    palabras::Lectura,
    perfil::Opcion,
    tabla::Accion,
};

const CODIFICACION: Tag = Tag(0x0008, 0x0005);
const NOMBRE: Tag = Tag(0x0010, 0x0010);
const ID_PACIENTE: Tag = Tag(0x0010, 0x0020);
const RAIZ_ESTANDAR: &str = "1.2.840.10008.";

/// Classes and registries, which name kinds of things and no thing.
const UID_DE_CLASE: [Tag; 12] = [
    Tag(0x0008, 0x0016),
    Tag(0x0008, 0x001A),
    Tag(0x0008, 0x001B),
    Tag(0x0008, 0x0062),
    Tag(0x0008, 0x010C),
    Tag(0x0008, 0x0117),
    Tag(0x0008, 0x0118),
    Tag(0x0008, 0x1150),
    Tag(0x0008, 0x115A),
    Tag(0x0008, 0x3002),
    Tag(0x0400, 0x0010),
    Tag(0x0400, 0x0510),
];

impl Recorrido<'_> {
    pub(super) fn hoja<'a>(
        &mut self,
        etiqueta: Tag,
        vr: VR,
        bytes: Cow<'a, [u8]>,
        accion: Accion,
        contexto: Contexto,
    ) -> Option<Elemento<'a>> {
        let con = |valor: Cow<'a, [u8]>| Some(Elemento { etiqueta, vr, valor: Valor::Bytes(valor) });
        if etiqueta == CODIFICACION {
            return con(bytes);
        }
        let valor = match self.firme(vr, accion, contexto) {
            Accion::Quitar => {
                self.cuentas.quitados += 1;
                return None;
            }
            _ if esta_en_blanco(vr, &bytes) => Cow::Borrowed(&[][..]),
            Accion::Vaciar if etiqueta == NOMBRE => self.seudonimo(),
            Accion::Vaciar => {
                self.cuentas.vaciados += 1;
                Cow::Borrowed(&[][..])
            }
            Accion::Ficticio if etiqueta == ID_PACIENTE => self.seudonimo(),
            Accion::Ficticio => {
                self.cuentas.ficticios += 1;
                return Some(self.ficticio(etiqueta, vr));
            }
            Accion::Uid => self.uid(bytes),
            Accion::Conservar => {
                self.cuentas.conservados += 1;
                self.en_utf8(vr, bytes, contexto)
            }
            Accion::Limpiar => return self.limpiada(etiqueta, vr, bytes, contexto),
            Accion::Ninguna => self.sin_palabras(etiqueta, vr, bytes, contexto),
        };
        con(valor)
    }

    /// The action after what holds whatever the table says: no name and no date stays because nobody listed it,
    /// and a dummy sequence keeps no text.
    fn firme(&self, vr: VR, accion: Accion, contexto: Contexto) -> Accion {
        if accion != Accion::Ninguna {
            return accion;
        }
        let texto =
            matches!(vr, VR::LO | VR::SH | VR::ST | VR::LT | VR::UT | VR::UC | VR::UR | VR::AE | VR::OB | VR::UN);
        match vr {
            VR::PN => Accion::Ficticio,
            VR::DA | VR::DT if self.perfil.tiene(Opcion::ConservarFechas) => Accion::Conservar,
            VR::DA | VR::DT if self.perfil.tiene(Opcion::ModificarFechas) => Accion::Limpiar,
            VR::DA | VR::DT => Accion::Ficticio,
            _ if contexto.ficticio && texto => Accion::Ficticio,
            _ => Accion::Ninguna,
        }
    }

    fn seudonimo<'a>(&mut self) -> Cow<'a, [u8]> {
        self.cuentas.ficticios += 1;
        Cow::Owned(self.identidad.seudonimo.clone().into_bytes())
    }

    /// A dummy of the representation that the standard gives the attribute, whatever the file said.
    fn ficticio<'a>(&self, etiqueta: Tag, vr: VR) -> Elemento<'a> {
        let estandar = vr_de(etiqueta);
        let vr = if matches!(estandar, VR::UN | VR::SQ) { vr } else { estandar };
        let bytes = match vr {
            VR::PN if !self.identidad.seudonimo.is_empty() && etiqueta == NOMBRE => {
                self.identidad.seudonimo.clone().into_bytes()
            }
            VR::UI => self.claves.uid(ficticios::TEXTO).into_bytes(),
            _ => ficticios::valor(vr),
        };
        Elemento { etiqueta, vr, valor: Valor::Bytes(Cow::Owned(bytes)) }
    }

    fn uid<'a>(&mut self, bytes: Cow<'a, [u8]>) -> Cow<'a, [u8]> {
        let texto = String::from_utf8_lossy(&bytes);
        let nuevos: Vec<String> = texto.split('\\').map(|uid| self.un_uid(recortar(uid))).collect();
        self.cuentas.uid += nuevos.len() as u64;
        Cow::Owned(nuevos.join("\\").into_bytes())
    }

    fn un_uid(&self, uid: &str) -> String {
        // Frames of reference and objects that the standard itself defines.
        let conocido = uid.starts_with("1.2.840.10008.1.4.") && uid.len() < 28;
        if conocido || uid.is_empty() { uid.to_owned() } else { self.claves.uid(uid) }
    }

    fn limpiada<'a>(
        &mut self,
        etiqueta: Tag,
        vr: VR,
        bytes: Cow<'a, [u8]>,
        contexto: Contexto,
    ) -> Option<Elemento<'a>> {
        match vr {
            VR::DA | VR::DT => {
                let movida = fechas::mover(&contexto.codificacion.leer(&bytes), self.identidad.dias);
                let Some(movida) = movida else {
                    // What is no date cannot be moved, and nobody knows what it says.
                    self.cuentas.ficticios += 1;
                    return Some(self.ficticio(etiqueta, vr));
                };
                self.cuentas.fechas += 1;
                Some(Elemento::texto(etiqueta, vr, movida))
            }
            VR::TM => Some(Elemento { etiqueta, vr, valor: Valor::Bytes(bytes) }),
            VR::PN => Some(self.ficticio(etiqueta, vr)),
            VR::UI => Some(Elemento { etiqueta, vr, valor: Valor::Bytes(self.uid(bytes)) }),
            _ if es_binaria(vr) || matches!(vr, VR::DS | VR::IS) => {
                let valor = self.sin_palabras(etiqueta, vr, bytes, contexto);
                Some(Elemento { etiqueta, vr, valor: Valor::Bytes(valor) })
            }
            _ => {
                self.cuentas.limpiados += 1;
                let texto = contexto.codificacion.leer(&bytes);
                let texto = match self.palabras.limpiar_descriptor(&texto) {
                    Some((limpio, cuantas)) => {
                        self.cuentas.palabras += cuantas as u64;
                        limpio
                    }
                    None => texto.into_owned(),
                };
                self.con_unicode |= !texto.is_ascii();
                Some(Elemento::texto(etiqueta, vr, texto))
            }
        }
    }

    fn sin_palabras<'a>(&mut self, etiqueta: Tag, vr: VR, bytes: Cow<'a, [u8]>, contexto: Contexto) -> Cow<'a, [u8]> {
        match vr {
            VR::UI => self.uid_no_listado(etiqueta, bytes),
            VR::OB | VR::OW | VR::UN => match self.palabras.limpiar_bytes(&bytes) {
                Some((limpios, cuantas)) => {
                    self.cuentas.palabras += cuantas as u64;
                    Cow::Owned(limpios)
                }
                None => bytes,
            },
            _ if es_binaria(vr) => bytes,
            _ => self.texto_sin_palabras(etiqueta, vr, bytes, contexto),
        }
    }

    fn texto_sin_palabras<'a>(
        &mut self,
        etiqueta: Tag,
        vr: VR,
        bytes: Cow<'a, [u8]>,
        contexto: Contexto,
    ) -> Cow<'a, [u8]> {
        let texto = contexto.codificacion.leer(&bytes);
        let Some((limpio, cuantas)) = self.palabras.limpiar(&texto, lectura_de(etiqueta, vr)) else {
            return self.en_utf8(vr, bytes, contexto);
        };
        self.cuentas.palabras += cuantas as u64;
        if !(es_texto_con_codificacion(vr) || vr == VR::UR) {
            return Cow::Owned(ficticios::valor(vr));
        }
        self.con_unicode |= !limpio.is_ascii();
        Cow::Owned(limpio.into_bytes())
    }

    fn uid_no_listado<'a>(&mut self, etiqueta: Tag, bytes: Cow<'a, [u8]>) -> Cow<'a, [u8]> {
        let texto = String::from_utf8_lossy(&bytes);
        let propio = |uid: &str| {
            let uid = recortar(uid);
            let de_clase = UID_DE_CLASE.contains(&etiqueta) || uid.starts_with(RAIZ_ESTANDAR);
            !uid.is_empty() && (!de_clase || self.palabras.es_uid(uid))
        };
        if self.perfil.tiene(Opcion::ConservarUid) || !texto.split('\\').any(propio) {
            return bytes;
        }
        drop(texto);
        self.uid(bytes)
    }

    fn en_utf8<'a>(&mut self, vr: VR, bytes: Cow<'a, [u8]>, contexto: Contexto) -> Cow<'a, [u8]> {
        if !es_texto_con_codificacion(vr) || bytes.is_ascii() && !bytes.contains(&0x1B) {
            return bytes;
        }
        let texto = contexto.codificacion.leer(&bytes).into_owned();
        self.con_unicode |= !texto.is_ascii();
        Cow::Owned(texto.into_bytes())
    }
}

/// How carefully the words are looked for.
pub(crate) fn lectura_de(etiqueta: Tag, vr: VR) -> Lectura {
    match (etiqueta, vr) {
        (_, VR::DS | VR::IS) => Lectura::Numero,
        (Tag(0x0008, 0x0070 | 0x1090), _) => Lectura::Fabricante,
        (_, VR::CS | VR::AS | VR::TM) | (Tag(0x0008, 0x0100..=0x0104), _) => Lectura::Codigo,
        _ => Lectura::Libre,
    }
}

/// Zeros are a value where the representation is one of numbers.
fn esta_en_blanco(vr: VR, bytes: &[u8]) -> bool {
    bytes.is_empty() || !es_binaria(vr) && bytes.iter().all(|byte| matches!(byte, 0 | b' '))
}

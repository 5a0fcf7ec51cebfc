//! Writing: a file meta information of our own and the data set in the encoding it came in.

use dicom_core::{Tag, VR};

use crate::{
    conjunto::{Conjunto, Elemento, Valor},
    lectura::{Forma, Sintaxis},
};

/// Identifies this program as the writer (PS3.7 D.3.3.2).
pub(crate) const UID_IMPLEMENTACION: &str = "2.25.213087331514871208957031744205841912374";
pub(crate) const VERSION_IMPLEMENTACION: &str = "SALUDTECH_1";

/// What the file meta information says about the object.
pub(crate) struct Meta<'a> {
    pub clase: &'a str,
    pub instancia: &'a str,
    pub sintaxis: &'a Sintaxis,
}

/// The bytes of the file: empty preamble, meta information, data set, and nothing after it.
pub(crate) fn escribir(meta: &Meta<'_>, conjunto: &Conjunto<'_>, capacidad: usize) -> Vec<u8> {
    let mut salida = Vec::with_capacity(capacidad + 1024);
    salida.resize(128, 0);
    salida.extend_from_slice(b"DICM");
    let version =
        Elemento { etiqueta: Tag(2, 1), vr: VR::OB, valor: Valor::Bytes(std::borrow::Cow::Borrowed(&[0, 1])) };
    let grupo = Conjunto {
        elementos: vec![
            version,
            Elemento::texto(Tag(2, 2), VR::UI, meta.clase),
            Elemento::texto(Tag(2, 3), VR::UI, meta.instancia),
            Elemento::texto(Tag(2, 0x10), VR::UI, meta.sintaxis.uid.as_str()),
            Elemento::texto(Tag(2, 0x12), VR::UI, UID_IMPLEMENTACION),
            Elemento::texto(Tag(2, 0x13), VR::SH, VERSION_IMPLEMENTACION),
        ],
    };
    let mut cuerpo = Escritor { salida: Vec::with_capacity(512), forma: Forma::EXPLICITA };
    cuerpo.conjunto(&grupo);
    let largo = u32::try_from(cuerpo.salida.len()).unwrap_or(0).to_le_bytes();
    salida.extend_from_slice(&[2, 0, 0, 0, b'U', b'L', 4, 0]);
    salida.extend_from_slice(&largo);
    salida.append(&mut cuerpo.salida);
    let mut escritor = Escritor { salida, forma: meta.sintaxis.forma };
    escritor.conjunto(conjunto);
    escritor.salida
}

struct Escritor {
    salida: Vec<u8>,
    forma: Forma,
}

const INDEFINIDA: u32 = 0xFFFF_FFFF;

impl Escritor {
    fn conjunto(&mut self, conjunto: &Conjunto<'_>) {
        for elemento in &conjunto.elementos {
            self.elemento(elemento);
        }
    }

    fn elemento(&mut self, elemento: &Elemento<'_>) {
        match &elemento.valor {
            Valor::Bytes(bytes) => self.bytes(elemento, bytes),
            Valor::Secuencia(items) if items.is_empty() => self.cabecera(elemento.etiqueta, VR::SQ, 0),
            Valor::Secuencia(items) => {
                self.cabecera(elemento.etiqueta, VR::SQ, INDEFINIDA);
                for item in items {
                    self.marca(0xE000, INDEFINIDA);
                    self.conjunto(item);
                    self.marca(0xE00D, 0);
                }
                self.marca(0xE0DD, 0);
            }
            Valor::Fragmentos(fragmentos) => {
                self.cabecera(elemento.etiqueta, VR::OB, INDEFINIDA);
                for fragmento in fragmentos {
                    self.marca(0xE000, largo_par(fragmento));
                    self.salida.extend_from_slice(fragmento);
                    if fragmento.len() % 2 == 1 {
                        self.salida.push(0);
                    }
                }
                self.marca(0xE0DD, 0);
            }
        }
    }

    fn bytes(&mut self, elemento: &Elemento<'_>, bytes: &[u8]) {
        let largo = largo_par(bytes);
        let cabe = es_larga(elemento.vr) || self.forma.implicita || largo <= 0xFFFE;
        self.cabecera(elemento.etiqueta, if cabe { elemento.vr } else { VR::UN }, largo);
        self.salida.extend_from_slice(bytes);
        if bytes.len() % 2 == 1 {
            let relleno = if es_binaria(elemento.vr) || elemento.vr == VR::UI { 0 } else { b' ' };
            self.salida.push(relleno);
        }
    }

    fn cabecera(&mut self, etiqueta: Tag, vr: VR, largo: u32) {
        self.u16(etiqueta.group());
        self.u16(etiqueta.element());
        if self.forma.implicita {
            return self.u32(largo);
        }
        self.salida.extend_from_slice(&vr.to_bytes());
        if es_larga(vr) {
            self.u16(0);
            self.u32(largo);
        } else {
            self.u16(u16::try_from(largo).unwrap_or(0));
        }
    }

    fn marca(&mut self, elemento: u16, largo: u32) {
        self.u16(0xFFFE);
        self.u16(elemento);
        self.u32(largo);
    }

    fn u16(&mut self, numero: u16) {
        let bytes = if self.forma.mayor { numero.to_be_bytes() } else { numero.to_le_bytes() };
        self.salida.extend_from_slice(&bytes);
    }

    fn u32(&mut self, numero: u32) {
        let bytes = if self.forma.mayor { numero.to_be_bytes() } else { numero.to_le_bytes() };
        self.salida.extend_from_slice(&bytes);
    }
}

/// Values longer than a length field cannot come out of a reader whose length field is as wide.
fn largo_par(bytes: &[u8]) -> u32 {
    u32::try_from(bytes.len().next_multiple_of(2)).unwrap_or(0)
}

fn es_larga(vr: VR) -> bool {
    es_binaria(vr) && !matches!(vr, VR::AT | VR::FD | VR::FL | VR::SL | VR::SS | VR::UL | VR::US)
        || matches!(vr, VR::SQ | VR::UC | VR::UR | VR::UT)
}

pub(crate) fn es_binaria(vr: VR) -> bool {
    matches!(
        vr,
        VR::AT
            | VR::FD
            | VR::FL
            | VR::OB
            | VR::OD
            | VR::OF
            | VR::OL
            | VR::OV
            | VR::OW
            | VR::SL
            | VR::SS
            | VR::SV
            | VR::UL
            | VR::UN
            | VR::US
            | VR::UV
    )
}

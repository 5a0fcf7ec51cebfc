//! The words of a file, from the values that the table removes or replaces.

use std::collections::HashSet;

use aho_corasick::BuildError;
use dicom_core::{Tag, VR};

use super::{Palabra, Palabras, comunes::es_comun, plegado::plegar, tramos};
use crate::{
    conjunto::{Conjunto, Elemento, Valor, recortar},
    fechas,
    lectura::Codificacion,
    tabla::{Accion, Acciones, identifica},
};

/// Longer texts are prose: what identifies in them stands elsewhere too, and prose is no word.
const TEXTO_LARGO: usize = 128;
const PALABRAS_MAXIMAS: usize = 20_000;

const CODIFICACION: Tag = Tag(0x0008, 0x0005);

#[derive(Default)]
struct Recoleccion {
    sueltas: HashSet<Palabra>,
    resto: Palabras,
}

/// The words of a data set under the actions of a profile: what a profile keeps is no word.
///
/// # Errors
/// More words than can be looked for at once.
pub(crate) fn recoger(
    conjunto: &Conjunto<'_>,
    meta: &Conjunto<'_>,
    acciones: &Acciones,
) -> Result<Palabras, BuildError> {
    let mut recoleccion = Recoleccion::default();
    recoleccion.conjunto(meta, acciones, Codificacion::default());
    recoleccion.conjunto(conjunto, acciones, Codificacion::default());
    Palabras::nuevas(recoleccion.sueltas, recoleccion.resto)
}

impl Recoleccion {
    fn conjunto(&mut self, conjunto: &Conjunto<'_>, acciones: &Acciones, heredada: Codificacion) {
        let codificacion = conjunto.ascii(CODIFICACION).map_or(heredada, Codificacion::de);
        for elemento in &conjunto.elementos {
            match &elemento.valor {
                Valor::Secuencia(items) => {
                    for item in items {
                        self.conjunto(item, acciones, codificacion);
                    }
                }
                Valor::Bytes(bytes) if !bytes.is_empty() && !elemento.es_privado() => {
                    self.elemento(elemento, bytes, acciones, codificacion);
                }
                Valor::Bytes(_) | Valor::Fragmentos(_) => {}
            }
        }
    }

    fn elemento(&mut self, elemento: &Elemento<'_>, bytes: &[u8], acciones: &Acciones, codificacion: Codificacion) {
        let vr = elemento.vr;
        let etiqueta = elemento.etiqueta;
        let accion = acciones.de(etiqueta);
        if accion == Accion::Conservar || self.sueltas.len() > PALABRAS_MAXIMAS {
            return;
        }
        match vr {
            VR::DA | VR::DT => self.fechas(&codificacion.leer(bytes)),
            VR::UI if accion == Accion::Uid => self.uid(&codificacion.leer(bytes)),
            _ if identifica(etiqueta, vr) => {
                let texto = codificacion.leer(bytes);
                let valores: Vec<&str> =
                    if matches!(vr, VR::ST | VR::LT | VR::UT) { vec![&texto] } else { texto.split('\\').collect() };
                for valor in valores {
                    if vr == VR::PN { self.nombre(valor) } else { self.valor(valor, es_de_paciente(etiqueta)) }
                }
            }
            _ => {}
        }
    }

    fn fechas(&mut self, texto: &str) {
        let leidas = texto
            .split(['\\', '-'])
            .filter(|valor| valor.trim().len() >= 8)
            .filter_map(|valor| fechas::leer(valor.trim()));
        let vacia = chrono::NaiveDate::from_ymd_opt(1900, 1, 1);
        for fecha in leidas.filter(|fecha| Some(*fecha) != vacia) {
            let mut sin_limites = |texto: String| {
                self.sueltas.insert(Palabra { texto, entera: true, lugar: false });
            };
            // For values that are not text; in texts every spelling is read.
            sin_limites(fecha.format("%Y%m%d").to_string());
            sin_limites(fecha.format("%Y-%m-%d").to_string());
            self.resto.fechas.insert(fecha);
        }
    }

    fn uid(&mut self, texto: &str) {
        let propios =
            texto.split('\\').map(recortar).filter(|uid| uid.len() >= 8 && !uid.starts_with("1.2.840.10008."));
        self.resto.uid.extend(propios.map(str::to_owned));
    }

    /// A person's name: each part of each group, and the parts together in the orders people write them.
    fn nombre(&mut self, valor: &str) {
        for grupo in valor.split('=') {
            let partes: Vec<String> = grupo
                .split(['^', ','])
                .map(|parte| plegar(recortar(parte)))
                .filter(|parte| !parte.is_empty())
                .collect();
            for parte in &partes {
                self.sueltas_de(parte, false);
            }
            if let [primera, segunda, ..] = partes.as_slice() {
                self.junta(&format!("{primera}{segunda}"), false);
                self.junta(&format!("{segunda}{primera}"), false);
            }
            self.junta(&partes.concat(), false);
        }
    }

    /// An id, an address, the name of a place or of a device.
    fn valor(&mut self, valor: &str, de_paciente: bool) {
        let plegado = plegar(recortar(valor));
        if plegado.len() < 3 || plegado.len() > TEXTO_LARGO {
            return;
        }
        self.sueltas_de(&plegado, !de_paciente);
        self.junta(&plegado, !de_paciente);
        // A number is also written without the letters of its kind.
        let digitos: String = plegado.chars().filter(char::is_ascii_digit).collect();
        if digitos.len() >= 6 {
            self.junta(&digitos, !de_paciente);
        }
    }

    fn sueltas_de(&mut self, texto: &str, lugar: bool) {
        for palabra in texto.split(|letra: char| !letra.is_alphanumeric()).filter(|palabra| !es_comun(palabra)) {
            let largo = palabra.chars().count();
            let con_digitos = palabra.bytes().any(|byte| byte.is_ascii_digit());
            let sin_mayusculas = palabra.chars().any(|letra| letra.is_alphabetic() && !letra.is_lowercase());
            let minimo = match (con_digitos, sin_mayusculas, lugar) {
                (true, ..) => 5,
                (_, true, _) => 2,
                (.., true) => 4,
                _ => 3,
            };
            if largo >= minimo && palabra.bytes().all(|byte| byte.is_ascii_digit()) {
                let donde = if lugar { &mut self.resto.juntas_de_lugar } else { &mut self.resto.juntas };
                donde.insert(palabra.to_owned());
            }
            if largo >= minimo {
                let entera = !sin_mayusculas && largo < if con_digitos { 7 } else { 5 };
                self.sueltas.insert(Palabra { texto: palabra.to_owned(), entera, lugar });
            }
            if !con_digitos && largo >= 4 {
                self.variante_germanica(palabra, lugar);
            }
        }
    }

    /// `muller` of `Müller` is also written `mueller`; folding has lost which of the vowels had dots.
    fn variante_germanica(&mut self, palabra: &str, lugar: bool) {
        for (vocal, escrita) in [('u', "ue"), ('o', "oe"), ('a', "ae")] {
            if palabra.matches(vocal).count() == 1 {
                let texto = palabra.replace(vocal, escrita);
                self.sueltas.insert(Palabra { texto, entera: true, lugar });
            }
        }
    }

    /// All letters and digits of a value without what separates them.
    fn junta(&mut self, texto: &str, lugar: bool) {
        let tokens: Vec<&str> =
            texto.split(|letra: char| !letra.is_alphanumeric()).filter(|token| !token.is_empty()).collect();
        let junto = tokens.concat();
        let letras = junto.chars().count();
        let digitos = junto.bytes().filter(u8::is_ascii_digit).count();
        let ancha = junto.chars().any(|letra| letra.is_alphabetic() && !letra.is_lowercase());
        let minimo = if ancha {
            2
        } else if digitos == letras {
            5
        } else {
            4
        };
        let comun = tokens.iter().all(|token| es_comun(token)) || es_comun(&junto) || tramos::de(&junto).is_empty();
        if letras < minimo || comun {
            return;
        }
        let donde = if lugar { &mut self.resto.juntas_de_lugar } else { &mut self.resto.juntas };
        donde.insert(junto);
    }
}

/// Groups of the patient, the visit and the study's numbers, as against places and devices.
fn es_de_paciente(etiqueta: Tag) -> bool {
    matches!(etiqueta.group(), 0x0010 | 0x0012 | 0x0020 | 0x0038 | 0x0040) || etiqueta == Tag(0x0008, 0x0050)
}

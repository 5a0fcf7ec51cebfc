use std::collections::BTreeMap;

use serde_json::Value;
use uuid::Uuid;

use crate::{CampoInvalido, Problema};

const MAXIMO_TEXTO: usize = 500;
const MAXIMO_MAPA: usize = 100;
const OBLIGATORIO: &str = "es obligatorio";

/// Reads the members of a JSON object by dotted path and collects everything that is wrong with them.
///
/// A wrong field reads as an empty value; nothing read may be used before `terminar` said `Ok`.
/// An absent member and `null` are the same. Texts come trimmed, and a blank one counts as absent.
pub struct Campos<'a> {
    valor: &'a Value,
    invalidos: Vec<CampoInvalido>,
}

impl<'a> Campos<'a> {
    pub fn de(valor: &'a Value) -> Self {
        Self { valor, invalidos: Vec::new() }
    }

    /// A text of 1 to 500 characters.
    pub fn texto(&mut self, ruta: &str) -> String {
        self.texto_hasta(ruta, MAXIMO_TEXTO)
    }

    /// A text of 1 to `maximo` characters.
    pub fn texto_hasta(&mut self, ruta: &str, maximo: usize) -> String {
        let leido = self.leer_texto(ruta, maximo);
        self.exigir(ruta, leido)
    }

    pub fn texto_opcional(&mut self, ruta: &str) -> Option<String> {
        self.texto_opcional_hasta(ruta, MAXIMO_TEXTO)
    }

    pub fn texto_opcional_hasta(&mut self, ruta: &str, maximo: usize) -> Option<String> {
        self.leer_texto(ruta, maximo).unwrap_or_default()
    }

    /// A text, or a whole number taken as its text.
    pub fn texto_o_numero(&mut self, ruta: &str) -> String {
        let leido = match self.buscar(ruta) {
            Some(Value::Number(numero)) if numero.is_u64() || numero.is_i64() => Ok(Some(numero.to_string())),
            Some(Value::String(_)) | None => self.leer_texto(ruta, MAXIMO_TEXTO),
            Some(_) => self.rechazar(ruta, "debe ser un texto o un número entero"),
        };
        self.exigir(ruta, leido)
    }

    pub fn uuid(&mut self, ruta: &str) -> Uuid {
        let leido = self.leer_uuid(ruta);
        self.exigir(ruta, leido)
    }

    pub fn uuid_opcional(&mut self, ruta: &str) -> Option<Uuid> {
        self.leer_uuid(ruta).unwrap_or_default()
    }

    pub fn entero(&mut self, ruta: &str) -> i64 {
        let leido = self.leer_entero(ruta);
        self.exigir(ruta, leido)
    }

    pub fn entero_opcional(&mut self, ruta: &str) -> Option<i64> {
        self.leer_entero(ruta).unwrap_or_default()
    }

    pub fn booleano_opcional(&mut self, ruta: &str) -> Option<bool> {
        match self.buscar(ruta) {
            None => None,
            Some(Value::Bool(valor)) => Some(*valor),
            Some(_) => self.descartar(ruta, "debe ser verdadero o falso"),
        }
    }

    /// An object of at most 100 members, each a text.
    pub fn mapa_textos_opcional(&mut self, ruta: &str) -> Option<BTreeMap<String, String>> {
        let miembros = match self.buscar(ruta)? {
            Value::Object(miembros) if miembros.len() <= MAXIMO_MAPA => miembros,
            Value::Object(_) => return self.descartar(ruta, "tiene demasiados miembros"),
            _ => return self.descartar(ruta, "debe ser un objeto"),
        };
        let mut mapa = BTreeMap::new();
        for (clave, valor) in miembros {
            match valor {
                Value::String(texto) if texto.chars().count() <= MAXIMO_TEXTO => {
                    mapa.insert(clave.clone(), texto.clone());
                }
                _ => self.invalido(&format!("{ruta}.{clave}"), motivo_de_largo(MAXIMO_TEXTO)),
            }
        }
        Some(mapa)
    }

    pub fn lista_opcional(&mut self, ruta: &str) -> Option<Vec<Value>> {
        match self.buscar(ruta) {
            None => None,
            Some(Value::Array(elementos)) => Some(elementos.clone()),
            Some(_) => self.descartar(ruta, "debe ser una lista"),
        }
    }

    /// An address of the shape `local@domain.tld`, at most 254 characters (RFC 5321, 4.5.3.1).
    pub fn correo(&mut self, ruta: &str) -> String {
        let leido = match self.leer_texto(ruta, 254) {
            Ok(Some(correo)) if !es_correo(&correo) => self.rechazar(ruta, "debe ser una dirección de correo"),
            leido => leido,
        };
        self.exigir(ruta, leido)
    }

    /// Adds a finding of the caller; the first one about a field is the one kept.
    pub fn invalido(&mut self, ruta: &str, motivo: impl Into<String>) {
        if self.invalidos.iter().all(|otro| otro.campo != ruta) {
            self.invalidos.push(CampoInvalido::nuevo(ruta, motivo));
        }
    }

    /// 422 `campos_invalidos` with every finding, if there is any.
    pub fn terminar(self) -> Result<(), Problema> {
        if self.invalidos.is_empty() {
            return Ok(());
        }
        Err(Problema::campos_invalidos(self.invalidos))
    }

    /// Every finding, for an answer of another kind.
    pub fn invalidos(self) -> Vec<CampoInvalido> {
        self.invalidos
    }

    fn buscar(&self, ruta: &str) -> Option<&'a Value> {
        ruta.split('.').try_fold(self.valor, |valor, parte| valor.get(parte)).filter(|valor| !valor.is_null())
    }

    fn leer_texto(&mut self, ruta: &str, maximo: usize) -> Leido<String> {
        let texto = match self.buscar(ruta) {
            None => return Ok(None),
            Some(Value::String(texto)) => texto.trim(),
            Some(_) => return self.rechazar(ruta, "debe ser un texto"),
        };
        if texto.chars().count() > maximo {
            return self.rechazar(ruta, motivo_de_largo(maximo));
        }
        if texto.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
            return self.rechazar(ruta, "contiene caracteres de control");
        }
        Ok((!texto.is_empty()).then(|| texto.to_owned()))
    }

    fn leer_uuid(&mut self, ruta: &str) -> Leido<Uuid> {
        match self.leer_texto(ruta, MAXIMO_TEXTO)? {
            None => Ok(None),
            Some(texto) => match Uuid::try_parse(&texto) {
                Ok(id) => Ok(Some(id)),
                Err(_) => self.rechazar(ruta, "debe ser un UUID"),
            },
        }
    }

    fn leer_entero(&mut self, ruta: &str) -> Leido<i64> {
        match self.buscar(ruta) {
            None => Ok(None),
            Some(valor) => match valor.as_i64() {
                Some(entero) => Ok(Some(entero)),
                None => self.rechazar(ruta, "debe ser un número entero"),
            },
        }
    }

    fn exigir<T: Default>(&mut self, ruta: &str, leido: Leido<T>) -> T {
        match leido {
            Ok(Some(valor)) => valor,
            Ok(None) => {
                self.invalido(ruta, OBLIGATORIO);
                T::default()
            }
            Err(Anotado) => T::default(),
        }
    }

    fn rechazar<T>(&mut self, ruta: &str, motivo: impl Into<String>) -> Leido<T> {
        self.invalido(ruta, motivo);
        Err(Anotado)
    }

    fn descartar<T>(&mut self, ruta: &str, motivo: &str) -> Option<T> {
        self.invalido(ruta, motivo);
        None
    }
}

/// The field is wrong and that is already noted.
#[derive(Debug)]
struct Anotado;

type Leido<T> = Result<Option<T>, Anotado>;

fn motivo_de_largo(maximo: usize) -> String {
    format!("debe ser un texto de {maximo} caracteres como máximo")
}

fn es_correo(texto: &str) -> bool {
    let Some((local, dominio)) = texto.rsplit_once('@') else {
        return false;
    };
    let limpio = !texto.chars().any(char::is_whitespace);
    let etiquetas = dominio.split('.').all(|e| !e.is_empty()) && dominio.contains('.');
    limpio && etiquetas && !local.is_empty() && local.len() <= 64 && !local.contains('@')
}

use std::collections::BTreeMap;
use std::str::FromStr;

use serde_json::{Map, Value};

use crate::Falta;

/// How a command's payload is filled: dotted target path -> where its value comes from.
pub type MapaCarga = BTreeMap<String, Fuente>;

/// Where a payload value comes from. Everything but a literal is looked up by the adapter when it
/// builds the message, so that personal data passes through without being stored in the saga.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fuente {
    Literal(String),
    /// Dotted path inside the client.
    Cliente(String),
    /// Dotted path inside the plan's row.
    Plan(String),
    Saga(CampoSaga),
    /// An output of a step, see [`crate::EstadoSaga::salida`].
    Salida {
        paso: String,
        campo: String,
    },
}

/// What a saga knows about itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CampoSaga {
    Id,
    IdSuscripcion,
    CodigoCliente,
    CodigoPlan,
    /// The code that turned the saga; absent while it advances.
    Motivo,
}

impl FromStr for Fuente {
    type Err = Falta;

    /// Reads `= text`, `cliente.x`, `plan.x.y`, `saga.x` or `salida.<paso>.<campo>`.
    fn from_str(texto: &str) -> Result<Self, Falta> {
        if let Some(literal) = texto.strip_prefix("= ") {
            return Ok(Self::Literal(literal.to_owned()));
        }
        let desconocida = || Falta::FuenteDesconocida(texto.to_owned());
        if !es_ruta(texto) {
            return Err(desconocida());
        }
        match texto.split_once('.') {
            Some(("cliente", campo)) => Ok(Self::Cliente(campo.to_owned())),
            Some(("plan", ruta)) => Ok(Self::Plan(ruta.to_owned())),
            Some(("saga", campo)) => campo_saga(campo).map(Self::Saga).ok_or_else(desconocida),
            Some(("salida", resto)) => match resto.split_once('.') {
                Some((paso, campo)) if !campo.contains('.') => {
                    Ok(Self::Salida { paso: paso.to_owned(), campo: campo.to_owned() })
                }
                _ => Err(desconocida()),
            },
            _ => Err(desconocida()),
        }
    }
}

fn campo_saga(campo: &str) -> Option<CampoSaga> {
    match campo {
        "id" => Some(CampoSaga::Id),
        "id_suscripcion" => Some(CampoSaga::IdSuscripcion),
        "codigo_cliente" => Some(CampoSaga::CodigoCliente),
        "codigo_plan" => Some(CampoSaga::CodigoPlan),
        "motivo" => Some(CampoSaga::Motivo),
        _ => None,
    }
}

/// Whether the text is a dotted path with no empty segment.
pub(crate) fn es_ruta(texto: &str) -> bool {
    texto.split('.').all(|tramo| !tramo.is_empty() && !tramo.contains(char::is_whitespace))
}

/// Builds a command's nested payload. `resolver` answers every source but literals; a source without
/// a value leaves its field out.
pub fn construir_carga(mapa: &MapaCarga, resolver: &dyn Fn(&Fuente) -> Option<Value>) -> Value {
    let mut raiz = Map::new();
    for (ruta, fuente) in mapa {
        let valor = match fuente {
            Fuente::Literal(texto) => Some(Value::from(texto.as_str())),
            otra => resolver(otra),
        };
        if let Some(valor) = valor {
            colocar(&mut raiz, ruta, valor);
        }
    }
    Value::Object(raiz)
}

fn colocar(objeto: &mut Map<String, Value>, ruta: &str, valor: Value) {
    match ruta.split_once('.') {
        None => {
            objeto.insert(ruta.to_owned(), valor);
        }
        Some((cabeza, resto)) => {
            let interior = objeto.entry(cabeza).or_insert_with(|| Value::Object(Map::new()));
            if let Value::Object(interior) = interior {
                colocar(interior, resto, valor);
            }
        }
    }
}

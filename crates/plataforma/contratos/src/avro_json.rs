//! Conversion between JSON and Avro directed by a schema, for messages without a compiled type.

use std::collections::HashMap;

use apache_avro::Schema;
use apache_avro::schema::{RecordSchema, UnionSchema};
use apache_avro::types::Value as Avro;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

/// Why a value does not fit; `ruta` is a dotted path from the root.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum ErrorConversion {
    #[error("{ruta}: expected {esperado}")]
    Tipo { ruta: String, esperado: &'static str },
    #[error("{ruta}: unknown field")]
    CampoDesconocido { ruta: String },
    #[error("{ruta}: required field is missing")]
    CampoFaltante { ruta: String },
    #[error("{ruta}: no branch of the union fits")]
    SinRama { ruta: String },
    #[error("{ruta}: Avro type {tipo} is not supported")]
    NoSoportado { ruta: String, tipo: String },
}

/// Converts a JSON value into an Avro value of `esquema`.
///
/// Numbers never overflow silently, unknown fields are errors, a missing field takes null when the schema allows it.
pub fn a_avro(valor: &Value, esquema: &Schema) -> Result<Avro, ErrorConversion> {
    let mut nombrados = HashMap::new();
    recoger_nombrados(esquema, &mut nombrados);
    Conversor { nombrados }.valor(valor, esquema, "$")
}

/// Converts an Avro value into JSON; bytes become base64.
pub fn a_json(valor: &Avro) -> Result<Value, ErrorConversion> {
    Ok(match valor {
        Avro::Null => Value::Null,
        Avro::Boolean(b) => Value::from(*b),
        Avro::Int(n) | Avro::Date(n) | Avro::TimeMillis(n) => Value::from(*n),
        Avro::Long(n)
        | Avro::TimeMicros(n)
        | Avro::TimestampMillis(n)
        | Avro::TimestampMicros(n)
        | Avro::TimestampNanos(n)
        | Avro::LocalTimestampMillis(n)
        | Avro::LocalTimestampMicros(n)
        | Avro::LocalTimestampNanos(n) => Value::from(*n),
        Avro::Float(x) => Value::from(*x),
        Avro::Double(x) => Value::from(*x),
        Avro::String(s) | Avro::Enum(_, s) => Value::from(s.as_str()),
        Avro::Uuid(id) => Value::from(id.to_string()),
        Avro::Bytes(b) | Avro::Fixed(_, b) => Value::from(STANDARD.encode(b)),
        Avro::Union(_, interior) => a_json(interior)?,
        Avro::Array(elementos) => Value::Array(elementos.iter().map(a_json).collect::<Result<_, _>>()?),
        Avro::Map(pares) => objeto(pares.iter())?,
        Avro::Record(campos) => objeto(campos.iter().map(|(nombre, valor)| (nombre, valor)))?,
        Avro::Decimal(_) | Avro::BigDecimal(_) | Avro::Duration(_) => {
            return Err(ErrorConversion::NoSoportado { ruta: "$".into(), tipo: "decimal or duration".into() });
        }
    })
}

fn objeto<'a>(pares: impl Iterator<Item = (&'a String, &'a Avro)>) -> Result<Value, ErrorConversion> {
    pares
        .map(|(nombre, valor)| Ok((nombre.clone(), a_json(valor)?)))
        .collect::<Result<Map<_, _>, _>>()
        .map(Value::Object)
}

struct Conversor<'s> {
    nombrados: HashMap<String, &'s Schema>,
}

impl<'s> Conversor<'s> {
    fn valor(&self, valor: &Value, esquema: &'s Schema, ruta: &str) -> Result<Avro, ErrorConversion> {
        let tipo = |esperado| ErrorConversion::Tipo { ruta: ruta.to_owned(), esperado };
        Ok(match esquema {
            Schema::Null => valor.as_null().map(|()| Avro::Null).ok_or_else(|| tipo("null"))?,
            Schema::Boolean => Avro::Boolean(valor.as_bool().ok_or_else(|| tipo("boolean"))?),
            Schema::Int => Avro::Int(entero(valor).ok_or_else(|| tipo("int"))?),
            Schema::Long => Avro::Long(valor.as_i64().ok_or_else(|| tipo("long"))?),
            Schema::TimestampMillis => Avro::TimestampMillis(valor.as_i64().ok_or_else(|| tipo("long"))?),
            Schema::Float => Avro::Float(valor.as_f64().ok_or_else(|| tipo("float"))? as f32),
            Schema::Double => Avro::Double(valor.as_f64().ok_or_else(|| tipo("double"))?),
            Schema::String => Avro::String(valor.as_str().ok_or_else(|| tipo("string"))?.to_owned()),
            Schema::Bytes => Avro::Bytes(bytes(valor).ok_or_else(|| tipo("base64 text"))?),
            Schema::Enum(enumerado) => {
                let texto = valor.as_str().ok_or_else(|| tipo("enum symbol"))?;
                let indice = enumerado.symbols.iter().position(|s| s == texto).ok_or_else(|| tipo("enum symbol"))?;
                Avro::Enum(indice as u32, texto.to_owned())
            }
            Schema::Array(lista) => {
                let elementos = valor.as_array().ok_or_else(|| tipo("array"))?;
                let convertidos =
                    elementos.iter().enumerate().map(|(i, e)| self.valor(e, &lista.items, &format!("{ruta}[{i}]")));
                Avro::Array(convertidos.collect::<Result<_, _>>()?)
            }
            Schema::Map(mapa) => {
                let pares = valor.as_object().ok_or_else(|| tipo("object"))?;
                let convertidos =
                    pares.iter().map(|(c, v)| Ok((c.clone(), self.valor(v, &mapa.types, &format!("{ruta}.{c}"))?)));
                Avro::Map(convertidos.collect::<Result<_, ErrorConversion>>()?)
            }
            Schema::Union(union) => self.union(valor, union, ruta)?,
            Schema::Record(registro) => self.registro(valor, registro, ruta)?,
            Schema::Ref { name } => {
                let esquema = self.nombrados.get(&name.to_string()).ok_or_else(|| tipo("a known named type"))?;
                self.valor(valor, esquema, ruta)?
            }
            otro => return Err(ErrorConversion::NoSoportado { ruta: ruta.to_owned(), tipo: nombre_de(otro) }),
        })
    }

    fn registro(&self, valor: &Value, registro: &'s RecordSchema, ruta: &str) -> Result<Avro, ErrorConversion> {
        let campos =
            valor.as_object().ok_or_else(|| ErrorConversion::Tipo { ruta: ruta.to_owned(), esperado: "object" })?;
        if let Some(ajeno) = campos.keys().find(|nombre| !registro.lookup.contains_key(*nombre)) {
            return Err(ErrorConversion::CampoDesconocido { ruta: format!("{ruta}.{ajeno}") });
        }
        let convertidos = registro.fields.iter().map(|campo| {
            let ruta = format!("{ruta}.{}", campo.name);
            let valor = match campos.get(&campo.name).or(campo.default.as_ref()) {
                Some(valor) => self.valor(valor, &campo.schema, &ruta)?,
                None => self
                    .valor(&Value::Null, &campo.schema, &ruta)
                    .map_err(|_| ErrorConversion::CampoFaltante { ruta })?,
            };
            Ok((campo.name.clone(), valor))
        });
        Ok(Avro::Record(convertidos.collect::<Result<_, ErrorConversion>>()?))
    }

    /// Takes the first branch that fits, and of several records the one whose fields all exist.
    fn union(&self, valor: &Value, union: &'s UnionSchema, ruta: &str) -> Result<Avro, ErrorConversion> {
        let mut ultimo = None;
        for (indice, rama) in union.variants().iter().enumerate() {
            match self.valor(valor, rama, ruta) {
                Ok(convertido) => return Ok(Avro::Union(indice as u32, Box::new(convertido))),
                Err(error) if !matches!(rama, Schema::Null) => ultimo = Some(error),
                Err(_) => {}
            }
        }
        Err(match ultimo {
            Some(error) if union.variants().len() == 2 => error,
            _ => ErrorConversion::SinRama { ruta: ruta.to_owned() },
        })
    }
}

fn entero(valor: &Value) -> Option<i32> {
    valor.as_i64().and_then(|n| i32::try_from(n).ok())
}

fn bytes(valor: &Value) -> Option<Vec<u8>> {
    STANDARD.decode(valor.as_str()?).ok()
}

fn nombre_de(esquema: &Schema) -> String {
    format!("{:?}", apache_avro::schema::SchemaKind::from(esquema))
}

fn recoger_nombrados<'s>(esquema: &'s Schema, nombrados: &mut HashMap<String, &'s Schema>) {
    if let Some(nombre) = esquema.name() {
        if matches!(esquema, Schema::Ref { .. }) {
            return;
        }
        nombrados.insert(nombre.to_string(), esquema);
    }
    match esquema {
        Schema::Record(r) => r.fields.iter().for_each(|f| recoger_nombrados(&f.schema, nombrados)),
        Schema::Union(u) => u.variants().iter().for_each(|v| recoger_nombrados(v, nombrados)),
        Schema::Array(a) => recoger_nombrados(&a.items, nombrados),
        Schema::Map(m) => recoger_nombrados(&m.types, nombrados),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn esquema() -> Schema {
        let texto = r#"{"type":"record","name":"R","fields":[
            {"name":"n","type":["null","long"],"default":null},
            {"name":"p","type":["null",{"type":"record","name":"P","fields":[{"name":"s","type":["null","string"],"default":null}]}],"default":null},
            {"name":"otro","type":["null","P"],"default":null},
            {"name":"lista","type":["null",{"type":"array","items":"string"}],"default":null}]}"#;
        Schema::parse_str(texto).expect("schema")
    }

    #[test]
    fn un_valor_va_y_vuelve_igual() {
        let valor = json!({"n": 7, "p": {"s": "x"}, "otro": {"s": null}, "lista": ["a", "b"]});
        assert_eq!(a_json(&a_avro(&valor, &esquema()).expect("avro")).expect("json"), valor);
    }

    #[test]
    fn un_campo_desconocido_se_nombra_con_su_ruta() {
        let error = a_avro(&json!({"p": {"zz": 1}}), &esquema()).expect_err("debe fallar");
        assert_eq!(error, ErrorConversion::CampoDesconocido { ruta: "$.p.zz".into() });
    }

    #[test]
    fn un_texto_no_pasa_por_numero() {
        let error = a_avro(&json!({"n": "5"}), &esquema()).expect_err("debe fallar");
        assert_eq!(error, ErrorConversion::Tipo { ruta: "$.n".into(), esperado: "long" });
    }
}

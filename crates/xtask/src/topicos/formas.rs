//! The schemas of a topic, in the order in which the broker accepts all of them.
//!
//! A Python `Record` class puts either only `data` on the wire (its envelope inherited) or the original envelope and
//! `data`. Under FULL the two refuse each other unless one of ours stands between them.

use anyhow::{Context, Result};
use contratos::temas::Tema;
use serde_json::{Map, Value, json};

/// Messages with a Python class, and the payload fields that it declares.
const CON_CLASE_PYTHON: &[(&str, &[&str])] = &[
    (
        "ComandoCrearSuscripcion",
        &[
            "cliente_codigo",
            "cliente_nombres",
            "cliente_apellidos",
            "cliente_usuario",
            "cliente_rut",
            "cliente_cedula",
            "cliente_email",
            "plan_codigo",
            "plan_nombre",
        ],
    ),
    ("EventoSuscripcionCreada", &["codigo_cliente", "codigo_plan", "id_suscripcion"]),
];

const SOBRE_ORIGINAL: [&str; 7] = ["id", "time", "ingestion", "specversion", "type", "datacontenttype", "service_name"];

/// What to register, first to last: ours is always the last, so that it is the one a generic client fetches.
pub fn de(tema: &Tema) -> Result<Vec<String>> {
    let Some((_, campos)) = CON_CLASE_PYTHON.iter().find(|(tipo, _)| *tipo == tema.tipo) else {
        return Ok(vec![tema.avsc.to_owned()]);
    };
    let nuestro: Value = serde_json::from_str(tema.avsc)?;
    let solo_datos = python(&nuestro, &["data"], campos)?;
    let con_sobre = python(&nuestro, &[&SOBRE_ORIGINAL[..], &["data"]].concat(), campos)?;
    // The same schema in another order of fields is another version, compatible with both neighbours.
    let separador = rotado(&nuestro)?;
    Ok(vec![solo_datos, separador, con_sobre, tema.avsc.to_owned()])
}

/// What the Python client derives from a class: nullable fields without defaults.
fn python(nuestro: &Value, campos: &[&str], carga: &[&str]) -> Result<String> {
    let mut elegidos = elegir(nuestro, campos)?;
    for campo in elegidos.iter_mut().filter(|campo| campo["name"] == "data") {
        let registro = &campo["type"][1];
        campo["type"] = json!(["null", con_campos(registro, elegir(registro, carga)?)?]);
    }
    Ok(con_campos(nuestro, elegidos)?.to_string())
}

fn elegir(registro: &Value, nombres: &[&str]) -> Result<Vec<Value>> {
    let campos = campos_de(registro)?;
    nombres
        .iter()
        .map(|nombre| {
            let campo = campos.iter().find(|campo| campo["name"] == *nombre);
            let campo = campo.with_context(|| format!("el esquema no tiene el campo {nombre}"))?;
            Ok(json!({ "name": nombre, "type": campo["type"] }))
        })
        .collect()
}

fn rotado(registro: &Value) -> Result<String> {
    let mut campos = campos_de(registro)?.clone();
    campos.rotate_left(1);
    Ok(con_campos(registro, campos)?.to_string())
}

fn campos_de(registro: &Value) -> Result<&Vec<Value>> {
    registro["fields"].as_array().context("el esquema no es un registro")
}

fn con_campos(registro: &Value, campos: Vec<Value>) -> Result<Value> {
    let mut nuevo: Map<String, Value> = registro.as_object().context("el esquema no es un registro")?.clone();
    nuevo.insert("fields".to_owned(), campos.into());
    Ok(nuevo.into())
}

#[cfg(test)]
mod tests {
    use contratos::temas::{TEMAS, por_tipo};

    use super::*;

    fn nombres(esquema: &str) -> Vec<String> {
        let valor: Value = serde_json::from_str(esquema).expect("JSON");
        campos_de(&valor).expect("a record").iter().map(|campo| campo["name"].to_string().replace('"', "")).collect()
    }

    #[test]
    fn las_formas_de_python_quedan_separadas_por_una_nuestra() {
        let formas = de(por_tipo("ComandoCrearSuscripcion").expect("in the table")).expect("well formed");
        assert_eq!(nombres(&formas[0]), ["data"]);
        assert_eq!(nombres(&formas[2]), [&SOBRE_ORIGINAL[..], &["data"]].concat());
        assert_eq!(nombres(&formas[1]).len(), nombres(&formas[3]).len());
        assert!(!formas[0].contains("default") && !formas[0].contains("id_suscripcion"));
    }

    #[test]
    fn la_ultima_version_es_siempre_la_del_repositorio() {
        for tema in TEMAS {
            assert_eq!(de(tema).expect("well formed").last().map(String::as_str), Some(tema.avsc));
        }
    }
}

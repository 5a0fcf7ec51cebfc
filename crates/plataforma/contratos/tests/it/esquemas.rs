use std::collections::BTreeSet;

use contratos::temas::TEMAS;
use serde_json::Value;

/// Every field of every record is `["null", T]` with default null: what Python Records accept both ways.
fn exigir_anulables(esquema: &Value, ruta: &str) {
    match esquema {
        Value::Array(ramas) => ramas.iter().for_each(|rama| exigir_anulables(rama, ruta)),
        Value::Object(campos) => {
            for campo in campos.get("fields").and_then(Value::as_array).into_iter().flatten() {
                let ruta = format!("{ruta}.{}", campo["name"]);
                assert_eq!(campo["type"][0], "null", "{ruta}");
                assert!(campo.get("default").is_some_and(Value::is_null), "{ruta}");
                exigir_anulables(&campo["type"], &ruta);
            }
            assert!(!campos.contains_key("namespace"), "{ruta} tiene namespace");
        }
        _ => {}
    }
}

#[test]
fn todo_campo_admite_nulo_y_data_va_primero() {
    for tema in TEMAS {
        let esquema: Value = serde_json::from_str(tema.avsc).expect("json");
        assert_eq!(esquema["name"], tema.tipo);
        assert_eq!(esquema["fields"][0]["name"], "data", "{}", tema.tipo);
        exigir_anulables(&esquema, tema.tipo);
    }
}

#[test]
fn los_nombres_no_se_repiten() {
    let nombres: BTreeSet<_> = TEMAS.iter().map(|tema| tema.nombre).collect();
    let tipos: BTreeSet<_> = TEMAS.iter().map(|tema| tema.tipo).collect();
    assert_eq!((nombres.len(), tipos.len()), (TEMAS.len(), TEMAS.len()));
}

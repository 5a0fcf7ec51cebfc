//! The flows under test.

use saga::{Clase, Definicion, Paso};
use serde_json::{Value, json};

const PRO: &str = include_str!("../../../../suscripciones/config/flujos/pro.json");

pub fn documento_pro() -> Value {
    serde_json::from_str(PRO).expect("pro.json is JSON")
}

pub fn pro() -> Definicion {
    leer(&documento_pro())
}

/// Ten steps, three parallel branches of two between the first step and the one that joins them.
pub fn documento_ramas() -> Value {
    flujo(vec![
        inicial("inicio"),
        compensable("a1", &["inicio"]),
        compensable("b1", &["inicio"]),
        compensable("c1", &["inicio"]),
        compensable("a2", &["a1"]),
        compensable("b2", &["b1"]),
        cubierto("c2", &["c1"], "c1"),
        compensable("unir", &["a2", "b2", "c2"]),
        paso("pagar", "pivote", &["unir"]),
        paso("avisar", "reintentable", &["pagar"]),
    ])
}

pub fn ramas() -> Definicion {
    leer(&documento_ramas())
}

pub fn leer(documento: &Value) -> Definicion {
    Definicion::leer(documento).expect("the definition is valid")
}

pub fn flujo(pasos: Vec<Value>) -> Value {
    json!({ "clave": "prueba", "version": 1, "pasos": pasos })
}

pub fn paso(clave: &str, clase: &str, despues_de: &[&str]) -> Value {
    json!({
        "clave": clave,
        "clase": clase,
        "despues_de": despues_de,
        "comando": format!("Hacer-{clave}"),
        "exito": [format!("Hecho-{clave}")],
        "fallo": [format!("Fallido-{clave}")],
        "plazo_ms": 100,
        "reintento": { "inicial_ms": 10, "maximo_ms": 40 },
        "intentos": 2,
        "salidas": { "id": "id" },
    })
}

pub fn compensable(clave: &str, despues_de: &[&str]) -> Value {
    let mut paso = paso(clave, "compensable", despues_de);
    paso["deshacer"] = json!({
        "comando": format!("Deshacer-{clave}"),
        "exito": [format!("Deshecho-{clave}")],
        "fallo": [format!("Fallido-{clave}")],
    });
    paso
}

pub fn cubierto(clave: &str, despues_de: &[&str], por: &str) -> Value {
    let mut paso = paso(clave, "compensable", despues_de);
    paso["deshecho_por"] = json!(por);
    paso
}

pub fn inicial(clave: &str) -> Value {
    let mut paso = compensable(clave, &[]);
    paso["inicial"] = json!(true);
    paso
}

/// The steps whose command the saga itself sends and whose failure unwinds.
pub fn pasos_que_deshacen(definicion: &Definicion) -> impl Iterator<Item = &Paso> {
    definicion.pasos().iter().filter(|paso| !paso.inicial && paso.clase != Clase::Reintentable)
}

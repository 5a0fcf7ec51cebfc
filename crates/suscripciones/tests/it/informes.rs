//! The product of `examples/servicio-informes`: a definition whose service this repository does not compile.

use serde_json::{Value, json};

const DOCUMENTO: &str = include_str!("../../../../examples/servicio-informes/definicion.json");

macro_rules! esquema {
    ($tipo:literal) => {
        ($tipo, include_str!(concat!("../../../../examples/servicio-informes/esquemas/", $tipo, ".avsc")))
    };
}

const ESQUEMAS: [(&str, &str); 5] = [
    esquema!("ComandoCrearInforme"),
    esquema!("ComandoDescartarInforme"),
    esquema!("EventoInformeCreado"),
    esquema!("EventoInformeDescartado"),
    esquema!("EventoInformeFallido"),
];

/// The document as the admin API takes it: with the schemas of its new messages.
pub fn documento() -> Value {
    let mut documento: Value = serde_json::from_str(DOCUMENTO).expect("json");
    for (tipo, avsc) in ESQUEMAS {
        documento["esquemas"][tipo]["avsc"] = serde_json::from_str(avsc).expect("avsc");
    }
    documento
}

pub fn version(version: u32) -> Value {
    let mut documento = documento();
    documento["version"] = json!(version);
    documento
}

/// With that many reports made side by side.
pub fn con_ramas(ramas: usize) -> Value {
    let mut documento = documento();
    let modelo = documento["pasos"][1].clone();
    let claves: Vec<String> = (0..ramas).map(|rama| format!("informe_{rama}")).collect();
    let pasos = documento["pasos"].as_array_mut().expect("pasos");
    pasos.extend(claves.iter().map(|clave| {
        let mut paso = modelo.clone();
        paso["clave"] = json!(clave);
        paso["deshacer"]["carga"]["id_informe"] = json!(format!("salida.{clave}.id_informe"));
        paso
    }));
    pasos[2]["despues_de"].as_array_mut().expect("previos").extend(claves.into_iter().map(Value::from));
    documento
}

pub fn plan(codigo: &str) -> Value {
    json!({ "nombre": codigo, "monto": "90000.00", "moneda": "COP", "flujo": "suscripcion-informes",
            "parametros": { "tipo_informe": "mensual", "periodicidad": "P1M" } })
}

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

pub fn plan(codigo: &str) -> Value {
    json!({ "nombre": codigo, "monto": "90000.00", "moneda": "COP", "flujo": "suscripcion-informes",
            "parametros": { "tipo_informe": "mensual", "periodicidad": "P1M" } })
}

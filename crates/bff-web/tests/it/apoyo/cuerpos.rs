use serde_json::{Value, json};

/// The body as the user's document shows it.
pub fn anidado() -> Value {
    json!({
        "cliente": {
            "codigo": "0001",
            "nombre": {"nombres": "Pablo", "apellidos": "Perez Prieto"},
            "usuario": "pperez",
            "rut": {"numero": 123457890},
            "cedula": {"numero": 123457890},
            "email": "pperez@domain.com"
        },
        "plan": {"codigo": "pro", "nombre": "PRO"},
        "facturas": []
    })
}

/// The same request in the flat shape of the Postman collection.
pub fn plano() -> Value {
    json!({
        "cliente_codigo": "0001",
        "cliente_nombres": "Pablo",
        "cliente_apellidos": "Perez Prieto",
        "cliente_usuario": "pperez",
        "cliente_rut": "123457890",
        "cliente_cedula": 123457890,
        "cliente_email": "pperez@domain.com",
        "plan_codigo": "pro",
        "plan_nombre": "PRO"
    })
}

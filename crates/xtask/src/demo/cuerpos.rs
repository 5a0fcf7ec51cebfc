//! What the demo sends, as text: shown and sent to the letter.

/// The user's own example.
pub const PRO: &str = r#"{
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
}"#;

/// The end of a subscription.
pub fn cancelacion(id: &str) -> String {
    format!(r#"{{"id_suscripcion": "{id}", "motivo": "otra demostración"}}"#)
}

/// The same shape for another client and plan.
pub fn suscripcion(cliente: &str, plan: &str, nombre_del_plan: &str) -> String {
    format!(
        r#"{{
  "cliente": {{
    "codigo": "{cliente}",
    "nombre": {{"nombres": "Ana María", "apellidos": "Rojas Peña"}},
    "usuario": "arojas",
    "rut": {{"numero": 987654321}},
    "cedula": {{"numero": 987654321}},
    "email": "{cliente}@domain.com"
  }},
  "plan": {{"codigo": "{plan}", "nombre": "{nombre_del_plan}"}},
  "facturas": []
}}"#
    )
}

/// What the image's record says of its patient; nobody must see it again.
pub const PACIENTE: &str = "PAC-0001";

/// One image record; `id` is a UUID, new each time.
pub fn imagen(id: &str) -> String {
    format!(
        r#"{{
  "id_imagen": "{id}",
  "modalidad": "RX",
  "patologia": "Neumonía",
  "region_anatomica": "Tórax",
  "formato_imagen": "DICOM",
  "fuente_de_datos": "Hospital Central",
  "antecedentes": "Fumador",
  "id_paciente": "{PACIENTE}",
  "fecha_ingesta": "2024-02-01 09:10:00"
}}"#
    )
}

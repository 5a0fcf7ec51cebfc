use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

const REPETIDA: &str = "idempotent-replayed";

/// 202: the command is kept and will be executed. The same for every repetition, but for one header.
pub struct Aceptada {
    /// The operation's public name.
    pub operacion: String,
    pub tipo: &'static str,
    pub repetida: bool,
}

impl Aceptada {
    /// The path under which an operation is followed.
    pub fn ruta(operacion: &str) -> String {
        format!("/operaciones/{operacion}")
    }

    fn cuerpo(&self) -> Value {
        json!({
            "operacion": self.operacion,
            "tipo": self.tipo,
            "estado": "aceptada",
            "enlaces": { "operacion": Self::ruta(&self.operacion) },
        })
    }
}

impl IntoResponse for Aceptada {
    fn into_response(self) -> Response {
        let lugar = [(header::LOCATION, Self::ruta(&self.operacion))];
        let mut respuesta = (StatusCode::ACCEPTED, lugar, Json(self.cuerpo())).into_response();
        if self.repetida {
            respuesta.headers_mut().insert(REPETIDA, HeaderValue::from_static("true"));
        }
        respuesta
    }
}

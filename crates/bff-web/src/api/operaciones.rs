use super::peticion::Solicitante;
use super::problemas;
use super::puerta::Puerta;
use crate::aplicacion::Seguimiento;
use crate::dominio::{Documento, OperacionConocida};
use crate::infraestructura::tipo_de;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;
use serde_json::value::RawValue;
use servidor::Problema;
use std::sync::Arc;

pub fn rutas() -> Router<Arc<Puerta>> {
    Router::new().route("/operaciones/{operacion}", get(consultar))
}

#[derive(Serialize)]
struct Estado {
    operacion: String,
    tipo: &'static str,
    estado: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    codigo: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    motivo: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    recursos: Option<Box<RawValue>>,
}

impl Estado {
    fn aceptada(operacion: String, tipo: &'static str) -> Self {
        let estado = "aceptada".to_owned();
        Self { operacion, tipo, estado, codigo: None, motivo: None, recursos: None }
    }

    fn de(operacion: String, tipo: &'static str, conocida: OperacionConocida) -> Result<Self, Problema> {
        let OperacionConocida { estado, codigo, motivo, recursos, .. } = conocida;
        Ok(Self { operacion, tipo, estado, codigo, motivo, recursos: Some(crudo(recursos)?) })
    }
}

async fn consultar(
    State(puerta): State<Arc<Puerta>>,
    Solicitante(contexto): Solicitante,
    Path(nombre): Path<String>,
) -> Result<Response, Problema> {
    let operacion = puerta
        .firmante
        .reconocer(&contexto.inquilino, &nombre)
        .ok_or_else(|| Problema::no_encontrado("la operación"))?;
    let tipo = tipo_de(operacion.clase);
    let seguimiento = puerta.casos.operaciones.ejecutar(&operacion, &contexto).await;
    match seguimiento.map_err(|error| problemas::de_parte(&error))? {
        Seguimiento::Aceptada => {
            let pronto = [(header::RETRY_AFTER, HeaderValue::from_static("1"))];
            Ok((pronto, Json(Estado::aceptada(nombre, tipo))).into_response())
        }
        Seguimiento::Conocida(conocida) => Ok(Json(Estado::de(nombre, tipo, conocida)?).into_response()),
    }
}

/// A document as it goes out, byte for byte.
pub fn crudo(documento: Documento) -> Result<Box<RawValue>, Problema> {
    RawValue::from_string(documento.into_json()).map_err(|error| {
        tracing::error!(%error, "document without json");
        Problema::interno()
    })
}

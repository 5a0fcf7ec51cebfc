use super::comandos::tipo_de;
use super::servicios::{Llamada, Servicios};
use crate::aplicacion::{ErrorParte, Operaciones};
use crate::dominio::{Contexto, Documento, Huella, IdOperacion, OperacionConocida};
use async_trait::async_trait;
use axum::http::StatusCode;
use mensajeria::fallos;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::sync::Arc;

#[derive(Deserialize)]
struct Efecto {
    estado: String,
    huella: Option<String>,
    codigo: Option<String>,
    motivo: Option<String>,
    recursos: Option<Box<RawValue>>,
}

#[derive(Debug, thiserror::Error)]
enum ErrorEfecto {
    #[error("unexpected status {0}")]
    Estado(StatusCode),
    #[error("the effect does not have the expected shape")]
    Forma(#[from] serde_json::Error),
}

/// Asks the services for the effects of commands.
pub struct OperacionesHttp {
    servicios: Arc<Servicios>,
}

impl OperacionesHttp {
    pub fn nuevo(servicios: Arc<Servicios>) -> Self {
        Self { servicios }
    }
}

#[async_trait]
impl Operaciones for OperacionesHttp {
    async fn buscar(
        &self,
        operacion: &IdOperacion,
        contexto: &Contexto,
    ) -> Result<Option<OperacionConocida>, ErrorParte> {
        fallos::punto("antes-de-preguntar").await;
        let parte = operacion.clase.propietario();
        let ruta = format!("/interno/operaciones/{}/{}", tipo_de(operacion.clase), operacion.id);
        let respuesta = self.servicios.llamar(Llamada::leer(parte, &ruta), contexto).await?;
        let leido = match respuesta.estado {
            StatusCode::OK => leer(&respuesta.cuerpo).map(Some),
            StatusCode::NOT_FOUND => Ok(None),
            otro => Err(ErrorEfecto::Estado(otro)),
        };
        leido.map_err(|causa| ErrorParte { parte, causa: Box::new(causa) })
    }
}

fn leer(cuerpo: &[u8]) -> Result<OperacionConocida, ErrorEfecto> {
    let efecto: Efecto = serde_json::from_slice(cuerpo)?;
    let recursos = efecto.recursos.map_or_else(|| "{}".to_owned(), |json| json.get().to_owned());
    Ok(OperacionConocida {
        estado: efecto.estado,
        huella: efecto.huella.map(Huella::nueva),
        codigo: efecto.codigo,
        motivo: efecto.motivo,
        recursos: Documento::verificado(recursos),
    })
}

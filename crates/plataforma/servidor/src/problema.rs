use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use serde_json::{Map, Value, json};

pub(crate) const TIPO_DE_CONTENIDO: &str = "application/problem+json";

/// An error answer, RFC 9457: `type`, `title`, `status`, `detail`, `code`, `errors`, `request_id`.
///
/// Texts are in Spanish and for the client: they never carry a technical cause or personal data.
#[derive(Clone, Debug)]
pub struct Problema {
    estado: StatusCode,
    codigo: &'static str,
    titulo: &'static str,
    detalle: Option<String>,
    campos: Vec<CampoInvalido>,
    reintentar_tras: Option<u32>,
    extensiones: Map<String, Value>,
}

/// One field that the request got wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CampoInvalido {
    /// Dotted path, `cliente.nombre`.
    pub campo: String,
    /// The same as a JSON pointer (RFC 6901), `/cliente/nombre`.
    pub puntero: String,
    pub motivo: String,
}

impl CampoInvalido {
    pub fn nuevo(ruta: &str, motivo: impl Into<String>) -> Self {
        let puntero = ruta
            .split('.')
            .fold(String::new(), |puntero, parte| puntero + "/" + &parte.replace('~', "~0").replace('/', "~1"));
        Self { campo: ruta.to_owned(), puntero, motivo: motivo.into() }
    }
}

impl Problema {
    /// `codigo` is stable and for programs; `titulo` is the same for every occurrence and for people.
    pub fn nuevo(estado: StatusCode, codigo: &'static str, titulo: &'static str) -> Self {
        Self {
            estado,
            codigo,
            titulo,
            detalle: None,
            campos: Vec::new(),
            reintentar_tras: None,
            extensiones: Map::new(),
        }
    }

    /// What is particular to this occurrence.
    #[must_use]
    pub fn detalle(mut self, detalle: impl Into<String>) -> Self {
        self.detalle = Some(detalle.into());
        self
    }

    #[must_use]
    pub fn campos(mut self, campos: Vec<CampoInvalido>) -> Self {
        self.campos = campos;
        self
    }

    /// Sets the header `Retry-After`.
    #[must_use]
    pub fn reintentar_tras(mut self, segundos: u32) -> Self {
        self.reintentar_tras = Some(segundos);
        self
    }

    /// Adds an extension member; the standard members cannot be replaced.
    #[must_use]
    pub fn con(mut self, clave: &'static str, valor: Value) -> Self {
        self.extensiones.insert(clave.to_owned(), valor);
        self
    }

    /// 422 with every invalid field.
    pub fn campos_invalidos(campos: Vec<CampoInvalido>) -> Self {
        Self::nuevo(StatusCode::UNPROCESSABLE_ENTITY, "campos_invalidos", "Hay campos que no son válidos")
            .campos(campos)
    }

    /// 404; `que` completes the sentence, "la imagen".
    pub fn no_encontrado(que: &'static str) -> Self {
        Self::nuevo(StatusCode::NOT_FOUND, "no_encontrado", "No se encontró el recurso")
            .detalle(format!("No se encontró {que}."))
    }

    /// 503: the outcome is unknown or nothing was done, and the same request may be sent again.
    pub fn no_disponible(codigo: &'static str, segundos: u32) -> Self {
        Self::nuevo(StatusCode::SERVICE_UNAVAILABLE, codigo, "El servicio no está disponible en este momento")
            .reintentar_tras(segundos)
    }

    /// 500; the cause stays in the log.
    pub fn interno() -> Self {
        Self::nuevo(StatusCode::INTERNAL_SERVER_ERROR, "error_interno", "Ocurrió un error interno")
    }

    /// The generic problem of a status.
    pub(crate) fn de_estado(estado: StatusCode) -> Self {
        let (codigo, titulo) = match estado {
            StatusCode::BAD_REQUEST => ("peticion_invalida", "La petición no es válida"),
            StatusCode::NOT_FOUND => ("ruta_no_encontrada", "La ruta no existe"),
            StatusCode::METHOD_NOT_ALLOWED => ("metodo_no_permitido", "La ruta no admite este método"),
            StatusCode::PAYLOAD_TOO_LARGE => ("cuerpo_demasiado_grande", "El cuerpo supera el tamaño permitido"),
            StatusCode::UNSUPPORTED_MEDIA_TYPE => {
                ("tipo_de_contenido_no_admitido", "El tipo de contenido no se admite")
            }
            StatusCode::UNPROCESSABLE_ENTITY => ("contenido_invalido", "El contenido de la petición no es válido"),
            otro if otro.is_client_error() => ("peticion_rechazada", "La petición no se puede atender"),
            _ => return Self { estado, ..Self::interno() },
        };
        Self::nuevo(estado, codigo, titulo)
    }

    pub(crate) fn cuerpo(&self, id_peticion: Option<&str>) -> String {
        let mut cuerpo = self.extensiones.clone();
        let mut poner = |clave: &str, valor: Value| cuerpo.insert(clave.to_owned(), valor);
        poner("type", json!(format!("/problemas/{}", self.codigo)));
        poner("title", json!(self.titulo));
        poner("status", json!(self.estado.as_u16()));
        poner("code", json!(self.codigo));
        if let Some(detalle) = &self.detalle {
            poner("detail", json!(detalle));
        }
        if !self.campos.is_empty() {
            poner("errors", json!(self.campos));
        }
        if let Some(id) = id_peticion {
            poner("request_id", json!(id));
        }
        Value::Object(cuerpo).to_string()
    }
}

impl IntoResponse for Problema {
    fn into_response(self) -> Response {
        let mut respuesta =
            (self.estado, [(header::CONTENT_TYPE, HeaderValue::from_static(TIPO_DE_CONTENIDO))], self.cuerpo(None))
                .into_response();
        if let Some(segundos) = self.reintentar_tras {
            respuesta.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(segundos));
        }
        // The layers write the body again once they know the request's id.
        respuesta.extensions_mut().insert(self);
        respuesta
    }
}

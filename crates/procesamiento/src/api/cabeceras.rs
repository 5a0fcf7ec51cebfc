use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use contratos::{ahora, id_derivado, id_nuevo};
use servidor::{Problema, Traza};
use uuid::Uuid;

use crate::aplicacion::{Acceso, Origen};
use crate::dominio::{Actor, Huella, IdOperacion, Inquilino};

/// Who sends the request and in which trace: `x-actor`, `x-inquilino`, `traceparent`.
pub(super) struct Solicitante {
    pub(super) inquilino: Inquilino,
    actor: Actor,
    traza: String,
}

impl Solicitante {
    /// An access to images, now.
    pub(super) fn acceso(self, operacion: &'static str) -> Acceso {
        let Self { inquilino, actor, traza } = self;
        Acceso { quien: actor, operacion, inquilino, traza: Some(traza), instante: ahora() }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Solicitante {
    type Rejection = Problema;

    async fn from_request_parts(partes: &mut Parts, estado: &S) -> Result<Self, Problema> {
        let Traza(traza) = Traza::from_request_parts(partes, estado).await?;
        let cabeceras = &partes.headers;
        let inquilino = match texto(cabeceras, "x-inquilino")? {
            Some(texto) => Inquilino::try_from(texto).map_err(|_| invalida("x-inquilino"))?,
            None => Inquilino::publico(),
        };
        let actor = match texto(cabeceras, "x-actor")? {
            Some(texto) => Actor::try_from(texto).map_err(|_| invalida("x-actor"))?,
            None => Actor::anonimo(),
        };
        Ok(Self { inquilino, actor, traza })
    }
}

/// The identity of a request: `x-operacion-id` and `x-huella`, or what a client that comes directly has instead.
pub(super) struct Repeticion {
    operacion: Option<Uuid>,
    clave: Option<String>,
    huella: Option<Huella>,
}

impl Repeticion {
    /// The operation and its fingerprint, `propia` unless whoever sends the request knows another; without an id or
    /// a key each request is an operation of its own.
    pub(super) fn origen(self, propia: &str, solicitante: &Solicitante) -> Result<Origen, Problema> {
        let clave = |clave: String| id_derivado(&["procesar-imagen", solicitante.inquilino.as_str(), &clave]);
        let operacion = self.operacion.or_else(|| self.clave.map(clave)).unwrap_or_else(id_nuevo);
        let huella = match self.huella {
            Some(huella) => huella,
            None => Huella::try_from(propia).map_err(|_| Problema::interno())?,
        };
        Ok(Origen {
            operacion: IdOperacion(operacion),
            huella: Some(huella),
            correlacion: None,
            traza: Some(solicitante.traza.clone()),
            instante: ahora(),
        })
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Repeticion {
    type Rejection = Problema;

    async fn from_request_parts(partes: &mut Parts, _: &S) -> Result<Self, Problema> {
        let cabeceras = &partes.headers;
        let operacion = texto(cabeceras, "x-operacion-id")?.map(Uuid::try_parse).transpose();
        let huella = texto(cabeceras, "x-huella")?.map(Huella::try_from).transpose();
        Ok(Self {
            operacion: operacion.map_err(|_| invalida("x-operacion-id"))?,
            clave: texto(cabeceras, "idempotency-key")?.map(str::to_owned),
            huella: huella.map_err(|_| invalida("x-huella"))?,
        })
    }
}

fn texto<'a>(cabeceras: &'a HeaderMap, nombre: &'static str) -> Result<Option<&'a str>, Problema> {
    let valor = cabeceras.get(nombre).map(|valor| valor.to_str()).transpose();
    valor.map_err(|_| invalida(nombre))
}

fn invalida(nombre: &'static str) -> Problema {
    Problema::nuevo(StatusCode::BAD_REQUEST, "cabecera_invalida", "Una cabecera de la petición no es válida")
        .detalle(format!("La cabecera {nombre} no es válida."))
}

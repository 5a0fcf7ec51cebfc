//! Drawings of definitions and of sagas.

use axum::extract::{Path, Query, State};
use axum::http::{HeaderName, header};
use axum::response::{IntoResponse, Response};
use saga::diagrama::{self, Anotada};
use serde::Deserialize;
use servidor::{CampoInvalido, IdRuta, Problema};

use super::Estado;
use super::definiciones::leer;
use super::filtro::invalidos;
use super::problemas::{de_definicion, problema};
use super::sagas::{definicion_de, existente};
use crate::infraestructura::Transicion;

#[derive(Deserialize)]
pub struct Parametros {
    formato: Option<String>,
}

#[derive(Clone, Copy)]
enum Formato {
    Mermaid,
    Svg,
}

/// A drawing loads nothing and runs nothing, whoever opens it.
const INERTE: (HeaderName, &str) = (header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox");

/// `GET /admin/definiciones/{clave}/{version}/diagrama`: `?formato=svg`, which is the default, or `mermaid`.
pub async fn de_version(
    State(estado): State<Estado>,
    Path((clave, version)): Path<(String, String)>,
    Query(parametros): Query<Parametros>,
) -> Result<Response, Problema> {
    let formato = parametros.formato()?;
    let id = leer(&clave, &version)?;
    let definicion = estado.definiciones.leida(&id).await.map_err(de_definicion)?;
    Ok(formato.responder(match formato {
        Formato::Mermaid => diagrama::mermaid(&definicion),
        Formato::Svg => diagrama::svg(&definicion),
    }))
}

/// `GET /sagas/{id}/diagrama`: what ran, what was undone, and when; formats as for a definition.
pub async fn de_saga(
    State(estado): State<Estado>,
    IdRuta(id): IdRuta,
    Query(parametros): Query<Parametros>,
) -> Result<Response, Problema> {
    let formato = parametros.formato()?;
    let fila = existente(&estado, id).await?;
    let cargada = definicion_de(&estado, &fila).await?;
    let log = estado.consultas.transiciones(id, 0).await.map_err(problema)?;
    let log = log.into_iter().map(anotada).collect::<Result<Vec<_>, _>>().map_err(|error| {
        tracing::error!(saga = %id, error = &error as &dyn std::error::Error, "an entry of a saga cannot be read");
        Problema::interno()
    })?;
    Ok(formato.responder(match formato {
        Formato::Mermaid => diagrama::mermaid_de_instancia(&cargada.definicion, &log),
        Formato::Svg => diagrama::svg_de_instancia(&cargada.definicion, &log),
    }))
}

fn anotada(transicion: Transicion) -> Result<Anotada, serde_json::Error> {
    Ok((transicion.instante.timestamp_millis(), serde_json::from_value(transicion.entrada)?))
}

impl Parametros {
    fn formato(&self) -> Result<Formato, Problema> {
        match self.formato.as_deref() {
            None | Some("svg") => Ok(Formato::Svg),
            Some("mermaid") => Ok(Formato::Mermaid),
            Some(_) => Err(invalidos(vec![CampoInvalido::nuevo("formato", "debe ser svg o mermaid")])),
        }
    }
}

impl Formato {
    fn responder(self, dibujo: String) -> Response {
        let tipo = match self {
            Self::Mermaid => "text/plain; charset=utf-8",
            Self::Svg => "image/svg+xml; charset=utf-8",
        };
        ([(header::CONTENT_TYPE, tipo), INERTE], dibujo).into_response()
    }
}

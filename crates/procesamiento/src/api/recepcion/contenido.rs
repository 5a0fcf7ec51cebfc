use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, Request, State};
use axum::http::{HeaderMap, header};
use axum::response::Response;
use futures::{Stream, StreamExt};
use mime::Mime;
use serde_json::json;
use servidor::{Cuerpo, Problema};

use super::recogida::Recogida;
use super::{ficha, formulario};
use crate::api::Casos;
use crate::api::cabeceras::{Repeticion, Solicitante};
use crate::api::problemas;
use crate::aplicacion::ErrorTrozos;
use crate::infraestructura::{Flujo, roto};

/// Takes an image in, or a packet of them; 202 means that it is committed.
pub(in crate::api) async fn procesar(
    State(casos): State<Casos>,
    solicitante: Solicitante,
    repeticion: Repeticion,
    peticion: Request,
) -> Result<Response, Problema> {
    let tipo = tipo(peticion.headers());
    match tipo.as_ref().map(|tipo| (tipo.type_().as_str(), tipo.subtype().as_str())) {
        Some(("application", "json")) | None => {
            let Cuerpo(cuerpo) = Cuerpo::from_request(peticion, &()).await?;
            ficha::recibir(&casos, &solicitante, repeticion, &cuerpo).await
        }
        Some(("multipart", "form-data")) => {
            let limite = tipo.as_ref().and_then(|tipo| tipo.get_param(mime::BOUNDARY));
            let limite = limite.ok_or_else(problemas::multipart_invalido)?.to_string();
            formulario::recibir(&casos, &solicitante, repeticion, peticion.into_body(), limite).await
        }
        Some(
            ("application", "dicom" | "zip" | "x-zip-compressed" | "octet-stream") | ("image", "jpeg" | "png" | "tiff"),
        ) => un_archivo(&casos, &solicitante, repeticion, peticion.into_body()).await,
        Some(_) => Err(problemas::tipo_no_admitido()),
    }
}

/// A body that is one file.
async fn un_archivo(
    casos: &Casos,
    solicitante: &Solicitante,
    repeticion: Repeticion,
    cuerpo: Body,
) -> Result<Response, Problema> {
    let mut recogida = Recogida::nueva(casos);
    let campos = json!({});
    let hecho = match recogida.recoger(&mut Flujo::nuevo(limitado(casos, cuerpo), |error| error)).await {
        Ok(()) => recogida.confirmar(solicitante, repeticion, &campos).await,
        Err(problema) => Err(problema),
    };
    recogida.responder(hecho).await
}

/// A body as it comes, up to the bytes that a packet may have.
pub(super) fn limitado(casos: &Casos, cuerpo: Body) -> impl Stream<Item = Result<Bytes, ErrorTrozos>> + Send + use<> {
    let maximo = casos.limites.paquete_bytes;
    let mut quedan = maximo;
    cuerpo.into_data_stream().map(move |trozo| {
        let trozo = trozo.map_err(roto)?;
        quedan = quedan.checked_sub(trozo.len() as u64).ok_or(ErrorTrozos::Excesivo(maximo))?;
        Ok(trozo)
    })
}

pub(super) fn tipo(cabeceras: &HeaderMap) -> Option<Mime> {
    cabeceras.get(header::CONTENT_TYPE)?.to_str().ok()?.parse().ok()
}

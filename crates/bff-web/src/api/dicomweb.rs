use super::aceptada::Aceptada;
use super::imagenes::{cabeceras, comprobar_tamano, devolver, operacion, subir};
use super::peticion::Identificacion;
use super::puerta::Puerta;
use axum::Router;
use axum::extract::{OriginalUri, Request, State};
use axum::http::{HeaderValue, header};
use axum::response::Response;
use axum::routing::post;
use servidor::Problema;
use std::sync::Arc;

/// STOW-RS, relative to `/dicomweb`.
pub fn rutas() -> Router<Arc<Puerta>> {
    Router::new().route("/studies", post(almacenar)).route("/studies/{estudio}", post(almacenar))
}

/// Hands DICOM files to procesamiento; its answer is the one that PACS understand, and names the operation besides.
async fn almacenar(
    State(puerta): State<Arc<Puerta>>,
    identificacion: Identificacion,
    OriginalUri(uri): OriginalUri,
    peticion: Request,
) -> Result<Response, Problema> {
    comprobar_tamano(&puerta, peticion.headers())?;
    let operacion = operacion(&identificacion);
    let tipo = peticion.headers().get(header::CONTENT_TYPE).cloned();
    let cabeceras = cabeceras(&operacion, None, tipo)?;
    let cuerpo = peticion.into_body();
    let respuesta = subir(&puerta, &identificacion, &operacion, uri.path(), cabeceras, cuerpo).await?;
    let tomada = respuesta.estado.is_success();
    let mut respuesta = devolver(respuesta);
    if tomada {
        let lugar = Aceptada::ruta(&puerta.firmante.nombrar(&operacion));
        let lugar = HeaderValue::from_str(&lugar).map_err(|_| Problema::interno())?;
        respuesta.headers_mut().insert(header::LOCATION, lugar);
    }
    Ok(respuesta)
}

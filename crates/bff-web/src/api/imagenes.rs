use super::aceptada::Aceptada;
use super::peticion::Identificacion;
use super::problemas::{self, Intento};
use super::puerta::Puerta;
use crate::aplicacion::Previa;
use crate::dominio::{ClaseComando, Huella, IdOperacion};
use crate::infraestructura::{ErrorSubida, Respuesta, Subida, tipo_de};
use axum::Router;
use axum::body::Body;
use axum::extract::{FromRequest, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use servidor::{Cuerpo, Problema};
use std::sync::Arc;

const RUTA: &str = "/procesamiento/procesar-imagen";
const HUELLA: HeaderName = HeaderName::from_static("x-huella");
const OPERACION: HeaderName = HeaderName::from_static("x-operacion-id");
const REPETIDA: HeaderName = HeaderName::from_static("idempotent-replayed");

/// Relative to `/procesamiento`.
pub fn rutas() -> Router<Arc<Puerta>> {
    Router::new().route("/procesar-imagen", post(procesar))
}

/// Hands an image to procesamiento, whose commit is what 202 means here.
///
/// The fingerprint of a JSON body is known before anything is sent; that of an image only once its
/// last byte has passed, so for those procesamiento recognises the repetition.
async fn procesar(
    State(puerta): State<Arc<Puerta>>,
    identificacion: Identificacion,
    peticion: Request,
) -> Result<Response, Problema> {
    comprobar_tamano(&puerta, peticion.headers())?;
    let operacion = operacion(&identificacion);
    let aceptada = |repetida| Aceptada {
        operacion: puerta.firmante.nombrar(&operacion),
        tipo: tipo_de(operacion.clase),
        repetida,
    };
    let tipo = peticion.headers().get(header::CONTENT_TYPE).cloned();
    let (huella, cuerpo) = preparar(peticion).await?;
    if let Some(huella) = &huella {
        let Identificacion { repetibilidad, contexto, .. } = &identificacion;
        let previa = puerta.casos.repetidas.ejecutar(&operacion, *repetibilidad, huella, contexto).await;
        if previa.map_err(|_| problemas::clave_reutilizada())? == Previa::Repetida {
            return Ok(aceptada(true).into_response());
        }
    }
    let cabeceras = cabeceras(&operacion, huella.as_ref(), tipo)?;
    let respuesta = subir(&puerta, &identificacion, &operacion, RUTA, cabeceras, cuerpo).await?;
    match respuesta.estado {
        StatusCode::ACCEPTED => Ok(aceptada(respuesta.cabeceras.contains_key(REPETIDA)).into_response()),
        _ => Ok(devolver(respuesta)),
    }
}

/// What says beforehand that it is too big is not read.
pub(super) fn comprobar_tamano(puerta: &Puerta, cabeceras: &HeaderMap) -> Result<(), Problema> {
    let maximo = puerta.imagenes.maximo_bytes;
    match tamano_declarado(cabeceras) {
        Some(bytes) if bytes > maximo => Err(problemas::demasiado_grande(maximo)),
        Some(_) | None => Ok(()),
    }
}

pub(super) fn operacion(identificacion: &Identificacion) -> IdOperacion {
    IdOperacion {
        inquilino: identificacion.contexto.inquilino.clone(),
        clase: ClaseComando::AnonimizarImagen,
        id: identificacion.id,
    }
}

/// A JSON body is read and checked here; any other passes by unread.
async fn preparar(peticion: Request) -> Result<(Option<Huella>, Body), Problema> {
    if !es_json(peticion.headers()) {
        return Ok((None, peticion.into_body()));
    }
    let Cuerpo(valor) = Cuerpo::from_request(peticion, &()).await?;
    Ok((Some(Huella::nueva(contratos::huella(&valor))), Body::from(valor.to_string())))
}

pub(super) async fn subir(
    puerta: &Puerta,
    identificacion: &Identificacion,
    operacion: &IdOperacion,
    ruta: &str,
    cabeceras: HeaderMap,
    cuerpo: Body,
) -> Result<Respuesta, Problema> {
    let subida = Subida { parte: operacion.clase.propietario(), ruta, cabeceras, cuerpo };
    let respuesta = puerta.servicios.subir(subida, puerta.imagenes, &identificacion.contexto).await;
    respuesta.map_err(|error| match error {
        ErrorSubida::SinConexion(error) => problemas::de_parte(&error),
        ErrorSubida::Excesiva => problemas::demasiado_grande(puerta.imagenes.maximo_bytes),
        ErrorSubida::Incierta(_) => problemas::incierto(&Intento {
            operacion: &puerta.firmante.nombrar(operacion),
            repetibilidad: identificacion.repetibilidad,
            campo_del_plan: "",
        }),
    })
}

pub(super) fn cabeceras(
    operacion: &IdOperacion,
    huella: Option<&Huella>,
    tipo: Option<HeaderValue>,
) -> Result<HeaderMap, Problema> {
    let texto = |valor: &str| HeaderValue::from_str(valor).map_err(|_| Problema::interno());
    let mut cabeceras = HeaderMap::new();
    cabeceras.insert(OPERACION, texto(&operacion.id.to_string())?);
    if let Some(huella) = huella {
        cabeceras.insert(HUELLA, texto(huella.as_str())?);
    }
    if let Some(tipo) = tipo {
        cabeceras.insert(header::CONTENT_TYPE, tipo);
    }
    Ok(cabeceras)
}

pub(super) fn devolver(respuesta: Respuesta) -> Response {
    let mut cabeceras = respuesta.cabeceras;
    let propias = [header::CONTENT_TYPE, header::RETRY_AFTER, REPETIDA];
    let elegidas: HeaderMap =
        propias.into_iter().filter_map(|nombre| cabeceras.remove(&nombre).map(|valor| (nombre, valor))).collect();
    (respuesta.estado, elegidas, respuesta.cuerpo).into_response()
}

fn es_json(cabeceras: &HeaderMap) -> bool {
    let tipo = cabeceras.get(header::CONTENT_TYPE).and_then(|tipo| tipo.to_str().ok()).unwrap_or("");
    tipo.split(';').next().is_some_and(|tipo| tipo.trim().eq_ignore_ascii_case("application/json"))
}

fn tamano_declarado(cabeceras: &HeaderMap) -> Option<u64> {
    cabeceras.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

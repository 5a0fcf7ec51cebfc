use axum::Json;
use axum::extract::{Path, Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use multer::Multipart;
use serde_json::{Value, json};
use servidor::Problema;

use super::contenido::{limitado, tipo};
use super::formulario::{de_multipart, roto_en_multipart};
use super::recogida::{Recogida, Recogido, marcar};
use crate::api::Casos;
use crate::api::cabeceras::{Repeticion, Solicitante};
use crate::api::problemas;
use crate::aplicacion::{Depositado, ErrorDeposito};
use crate::dominio::FormatoArchivo;
use crate::infraestructura::Flujo;

/// Failure reasons of PS3.18, Table I.2-2.
const NO_SE_ENTIENDE: u16 = 0xC000;
const SIN_RECURSOS: u16 = 0xA700;

/// STOW-RS (PS3.18, 10.5): takes the DICOM files of a `multipart/related` body in, each on its own.
pub(in crate::api) async fn almacenar(
    State(casos): State<Casos>,
    solicitante: Solicitante,
    repeticion: Repeticion,
    peticion: Request,
) -> Result<Response, Problema> {
    let mut recogida = Recogida::nueva(&casos);
    match recoger(&casos, &mut recogida, peticion).await {
        Ok(fallos) if recogida.depositados().is_empty() => Ok(respuesta(&[], None, &fallos)),
        Ok(fallos) => match recogida.confirmar(&solicitante, repeticion, &json!({})).await {
            Ok(recogido) => {
                if recogido.repetido {
                    recogida.descartar().await;
                }
                Ok(respuesta(recogida.depositados(), Some(&recogido), &fallos))
            }
            Err(problema) => recogida.responder(Err(problema)).await,
        },
        Err(problema) => recogida.responder(Err(problema)).await,
    }
}

/// The same; the study that the address names is a hint of the sender, since every file names its own.
pub(in crate::api) async fn almacenar_en_estudio(
    estado: State<Casos>,
    Path(estudio): Path<String>,
    solicitante: Solicitante,
    repeticion: Repeticion,
    peticion: Request,
) -> Result<Response, Problema> {
    let uid = (1..=64).contains(&estudio.len()) && estudio.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    if !uid {
        return Err(Problema::no_encontrado("el estudio"));
    }
    almacenar(estado, solicitante, repeticion, peticion).await
}

/// The reasons of the parts that could not be taken.
async fn recoger(casos: &Casos, recogida: &mut Recogida<'_>, peticion: Request) -> Result<Vec<u16>, Problema> {
    let tipo = tipo(peticion.headers()).filter(|tipo| tipo.essence_str() == "multipart/related");
    let tipo = tipo.ok_or_else(problemas::tipo_no_admitido)?;
    if tipo.get_param("type").is_some_and(|tipo| tipo.as_str() != "application/dicom") {
        return Err(problemas::tipo_no_admitido());
    }
    let limite = tipo.get_param(mime::BOUNDARY).ok_or_else(problemas::multipart_invalido)?.to_string();
    let mut partes = Multipart::new(limitado(casos, peticion.into_body()), limite);
    let mut fallos = Vec::new();
    while let Some(parte) = partes.next_field().await.map_err(de_multipart)? {
        let hecho =
            recogida.depositar_si(&[FormatoArchivo::Dicom], &mut Flujo::nuevo(parte, roto_en_multipart)).await?;
        match hecho {
            Ok(()) => {}
            Err(ErrorDeposito::Formato) => fallos.push(NO_SE_ENTIENDE),
            Err(ErrorDeposito::Grande(_)) => fallos.push(SIN_RECURSOS),
            Err(error @ ErrorDeposito::Trozos(_)) => return Err(problemas::de_deposito(error)),
        }
    }
    Ok(fallos)
}

/// PS3.18, 10.5.3: 200 if all were taken, 202 if some, 409 if none; the data set says which.
fn respuesta(tomados: &[Depositado], recogido: Option<&Recogido>, fallos: &[u16]) -> Response {
    let estado = match (tomados, fallos) {
        ([], _) => StatusCode::CONFLICT,
        (_, []) => StatusCode::OK,
        _ => StatusCode::ACCEPTED,
    };
    let imagenes = recogido.map_or(&[][..], |recogido| &recogido.imagenes);
    let referencias = tomados.iter().zip(imagenes).map(|(depositado, id)| {
        let mut referencia = json!({ "00081190": { "vr": "UR", "Value": [format!("/anonimizado/{id}")] } });
        if let Some(instancia) = &depositado.instancia {
            referencia["00081150"] = json!({ "vr": "UI", "Value": [instancia.clase] });
            referencia["00081155"] = json!({ "vr": "UI", "Value": [instancia.uid] });
        }
        referencia
    });
    let mut cuerpo = json!({ "00081190": { "vr": "UR" } });
    poner(&mut cuerpo, "00081199", referencias.collect());
    // Nothing is known of a part that is no DICOM file, so it cannot be told by its instance.
    let motivos = fallos.iter().map(|motivo| json!({ "00081197": { "vr": "US", "Value": [motivo] } }));
    poner(&mut cuerpo, "0008119A", motivos.collect());
    let tipo = [(header::CONTENT_TYPE, "application/dicom+json")];
    let mut respuesta = (estado, tipo, Json(cuerpo).into_response().into_body()).into_response();
    marcar(&mut respuesta, recogido.is_some_and(|recogido| recogido.repetido));
    respuesta
}

fn poner(cuerpo: &mut Value, secuencia: &str, elementos: Vec<Value>) {
    if !elementos.is_empty() {
        cuerpo[secuencia] = json!({ "vr": "SQ", "Value": elementos });
    }
}

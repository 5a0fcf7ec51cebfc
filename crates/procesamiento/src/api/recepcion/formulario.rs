use axum::body::Body;
use axum::response::Response;
use multer::{Field, Multipart};
use serde_json::{Map, Value};
use servidor::{CampoInvalido, Problema};

use super::contenido::limitado;
use super::recogida::{Recogida, Recogido};
use crate::api::Casos;
use crate::api::cabeceras::{Repeticion, Solicitante};
use crate::api::problemas;
use crate::infraestructura::{Flujo, roto};

/// Bytes of all fields together that are not files.
const TEXTO_MAXIMO: usize = 64 * 1024;

/// Takes a form in: the fields of an image, in any order, and one file or more.
pub(super) async fn recibir(
    casos: &Casos,
    solicitante: &Solicitante,
    repeticion: Repeticion,
    cuerpo: Body,
    limite: String,
) -> Result<Response, Problema> {
    let mut recogida = Recogida::nueva(casos);
    let hecho = recoger(casos, &mut recogida, solicitante, repeticion, cuerpo, limite).await;
    recogida.responder(hecho).await
}

async fn recoger(
    casos: &Casos,
    recogida: &mut Recogida<'_>,
    solicitante: &Solicitante,
    repeticion: Repeticion,
    cuerpo: Body,
    limite: String,
) -> Result<Recogido, Problema> {
    let mut partes = Multipart::new(limitado(casos, cuerpo), limite);
    let (mut campos, mut texto) = (Map::new(), 0);
    while let Some(parte) = partes.next_field().await.map_err(de_multipart)? {
        if es_archivo(&parte) {
            recogida.recoger(&mut Flujo::nuevo(parte, roto_en_multipart)).await?;
        } else {
            let (nombre, valor) = leer(parte, &mut texto).await?;
            campos.insert(nombre, Value::String(valor));
        }
    }
    recogida.confirmar(solicitante, repeticion, &Value::Object(campos)).await
}

/// A part with the name of a file, or with a type that is no text.
fn es_archivo(parte: &Field<'_>) -> bool {
    parte.file_name().is_some() || parte.content_type().is_some_and(|tipo| tipo.type_() != mime::TEXT)
}

async fn leer(mut parte: Field<'_>, leidos: &mut usize) -> Result<(String, String), Problema> {
    let nombre = parte.name().ok_or_else(problemas::multipart_invalido)?.to_owned();
    let mut valor = Vec::new();
    while let Some(trozo) = parte.chunk().await.map_err(de_multipart)? {
        *leidos += trozo.len();
        if *leidos > TEXTO_MAXIMO {
            return Err(problemas::cuerpo_demasiado_grande(TEXTO_MAXIMO as u64));
        }
        valor.extend_from_slice(&trozo);
    }
    match String::from_utf8(valor) {
        Ok(valor) => Ok((nombre, valor)),
        Err(_) => Err(Problema::campos_invalidos(vec![CampoInvalido::nuevo(&nombre, "debe ser un texto en UTF-8")])),
    }
}

/// A failure of the stream under the form keeps its own meaning.
pub(super) fn roto_en_multipart(error: multer::Error) -> crate::aplicacion::ErrorTrozos {
    match error {
        multer::Error::StreamReadFailed(causa) => match causa.downcast::<crate::aplicacion::ErrorTrozos>() {
            Ok(causa) => *causa,
            Err(causa) => crate::aplicacion::ErrorTrozos::Roto(causa),
        },
        otro => roto(otro),
    }
}

pub(super) fn de_multipart(error: multer::Error) -> Problema {
    problemas::de_trozos(roto_en_multipart(error))
}

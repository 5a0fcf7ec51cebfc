use anonimizacion::{ErrorSeudonimo, Seudonimizador};
use axum::Json;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use contratos::{ahora, huella, id_derivado};
use serde_json::{Value, json};
use servidor::{Campos, Problema};
use uuid::Uuid;

use crate::api::Casos;
use crate::api::cabeceras::{Repeticion, Solicitante};
use crate::api::problemas;
use crate::aplicacion::{OrdenRecibir, Origen, Recibo};
use crate::dominio::{
    Antecedentes, Borrador, FechaIngesta, IdImagen, Incumplimiento, Inquilino, Paciente, Recepcion, SIN_INFORMAR,
};

const MAXIMO_ID_PACIENTE: usize = 64;

/// Takes in an image of which there are only its fields.
pub(super) async fn recibir(
    casos: &Casos,
    solicitante: &Solicitante,
    repeticion: Repeticion,
    cuerpo: &Value,
) -> Result<Response, Problema> {
    let origen = repeticion.origen(&huella(cuerpo), solicitante)?;
    let (id, recepcion) = leer(cuerpo, &solicitante.inquilino, &casos.seudonimizador)?;
    let id = id.unwrap_or_else(|| id_derivado(&["imagen", &origen.operacion.0.to_string()]));
    let orden = OrdenRecibir { id: IdImagen(id), recepcion, origen: origen.clone() };
    let recibo = casos.recibir.ejecutar(orden).await.map_err(problemas::de_recepcion)?;
    Ok(aceptada(recibo, &origen))
}

/// The fields of an image that comes with its file: what nobody says stands as not said, for the file to tell.
pub(super) fn leer_con_archivo(
    campos: &Value,
    inquilino: &Inquilino,
    seudonimizador: &Seudonimizador,
) -> Result<(Option<Uuid>, Recepcion), Problema> {
    let mut completos = json!({
        "modalidad": SIN_INFORMAR, "patologia": SIN_INFORMAR, "region_anatomica": SIN_INFORMAR,
        "fuente_de_datos": SIN_INFORMAR, "formato_imagen": SIN_INFORMAR,
        "id_paciente": SIN_INFORMAR, "fecha_ingesta": FechaIngesta::from(ahora()).to_string(),
    });
    let dichos = campos.as_object().into_iter().flatten().filter(|(_, valor)| *valor != "");
    for (nombre, valor) in dichos {
        completos[nombre] = valor.clone();
    }
    let (id, mut recepcion) = leer(&completos, inquilino, seudonimizador)?;
    if completos["id_paciente"] == SIN_INFORMAR {
        recepcion.ficha.paciente = Paciente::desconocido();
    }
    Ok((id, recepcion))
}

/// Reads the fields of `ImagenAnonimizada`. After this nothing in memory holds the patient's id but the body itself.
pub(super) fn leer(
    cuerpo: &Value,
    inquilino: &Inquilino,
    seudonimizador: &Seudonimizador,
) -> Result<(Option<Uuid>, Recepcion), Problema> {
    let mut campos = Campos::de(cuerpo);
    let id = campos.uuid_opcional("id_imagen");
    // The lengths are the domain's, which names its own limit for each field.
    let mut texto = |ruta: &str| campos.texto_opcional_hasta(ruta, usize::MAX).unwrap_or_default();
    let mut borrador = Borrador {
        modalidad: texto("modalidad"),
        patologia: texto("patologia"),
        region_anatomica: texto("region_anatomica"),
        formato_imagen: texto("formato_imagen"),
        fuente_de_datos: texto("fuente_de_datos"),
        paciente: String::new(),
        fecha_ingesta: texto("fecha_ingesta"),
    };
    borrador.paciente = leer_paciente(&mut campos, inquilino, seudonimizador)?;
    let antecedentes = leer_antecedentes(&mut campos);
    let ficha = borrador.validar(inquilino.clone());
    for Incumplimiento { campo, error } in ficha.as_ref().err().into_iter().flatten() {
        campos.invalido(campo, problemas::motivo(*error));
    }
    campos.terminar()?;
    let ficha = ficha.map_err(|_| Problema::interno())?;
    Ok((id, Recepcion { ficha, antecedentes, original: None }))
}

fn leer_paciente(
    campos: &mut Campos<'_>,
    inquilino: &Inquilino,
    seudonimizador: &Seudonimizador,
) -> Result<String, Problema> {
    let id = campos.texto_o_numero("id_paciente");
    if id.chars().count() > MAXIMO_ID_PACIENTE {
        campos.invalido("id_paciente", format!("debe ser un texto de {MAXIMO_ID_PACIENTE} caracteres como máximo"));
    }
    match seudonimizador.paciente(inquilino.as_str(), &id) {
        Ok(seudonimo) => Ok(seudonimo.to_string()),
        Err(ErrorSeudonimo::SinId) => Ok(String::new()),
        Err(error) => {
            tracing::error!(%error, "no pseudonym could be made");
            Err(Problema::interno())
        }
    }
}

fn leer_antecedentes(campos: &mut Campos<'_>) -> Option<Antecedentes> {
    let texto = campos.texto_opcional_hasta("antecedentes", Antecedentes::MAXIMO)?;
    match Antecedentes::try_from(texto.as_str()) {
        Ok(antecedentes) => Some(antecedentes),
        Err(error) => {
            campos.invalido("antecedentes", problemas::motivo(error));
            None
        }
    }
}

fn aceptada(recibo: Recibo, origen: &Origen) -> Response {
    let ubicacion = [(header::LOCATION, format!("/anonimizado/{}", recibo.imagen))];
    let cuerpo = json!({
        "id_imagen": recibo.imagen.to_string(),
        "operacion": origen.operacion.0.to_string(),
        "estado": "recibida",
    });
    let mut respuesta = (StatusCode::ACCEPTED, ubicacion, Json(cuerpo)).into_response();
    if recibo.repetido {
        respuesta.headers_mut().insert("idempotent-replayed", header::HeaderValue::from_static("true"));
    }
    respuesta
}

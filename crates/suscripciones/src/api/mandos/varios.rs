use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use servidor::{CampoInvalido, Campos, Cuerpo, Operador, Problema};
use uuid::Uuid;

use super::cuerpo::leer_encargo;
use super::vista::Prevista;
use crate::api::Estado;
use crate::api::filtro;
use crate::api::problemas::{ausente, problema};
use crate::aplicacion::puertos::Confirmacion;
use crate::aplicacion::{Encargo, MAXIMO, Propuesta};

/// `POST /sagas/mandos`: with an order and a `filtro`, which sagas it would reach and a `testigo`; with that `testigo`,
/// has it carried out.
pub async fn mandar_varios(
    State(estado): State<Estado>,
    operador: Operador,
    Cuerpo(cuerpo): Cuerpo,
) -> Result<Response, Problema> {
    if cuerpo.get("testigo").is_some() {
        let mut campos = Campos::de(&cuerpo);
        let testigo = campos.uuid("testigo");
        campos.terminar()?;
        return confirmar(&estado, testigo, &operador).await;
    }
    let encargo = leer_encargo(&cuerpo, &operador)?;
    let propuesta = proponer(&estado, encargo, cuerpo.get("filtro")).await?;
    Ok(Json(propuesta).into_response())
}

/// A filter is asked for even when it is empty: to forget it is not to mean every saga.
async fn proponer(estado: &Estado, encargo: Encargo, filtro: Option<&Value>) -> Result<Value, Problema> {
    let ahora = contratos::ahora();
    let Some(pedido) = filtro.filter(|filtro| filtro.is_object()) else {
        return Err(Problema::campos_invalidos(vec![CampoInvalido::nuevo("filtro", "debe ser un objeto")]));
    };
    let (filtro, malos) = filtro::leer(pedido, ahora);
    if !malos.is_empty() {
        return Err(filtro::invalidos_bajo("filtro", malos));
    }
    let propuesta = estado.lotes.proponer(contratos::id_nuevo(), encargo, filtro, ahora).await.map_err(problema)?;
    vista(&propuesta)
}

pub fn vista(propuesta: &Propuesta) -> Result<Value, Problema> {
    let muestra = propuesta.muestra.iter().map(Prevista::de).collect::<Result<Vec<_>, _>>()?;
    Ok(json!({
        "testigo": propuesta.lote.id,
        "vence": propuesta.lote.vence,
        "total": propuesta.lote.sagas.len(),
        "maximo": MAXIMO,
        "hay_mas": propuesta.hay_mas,
        "aplicables": propuesta.aplicables,
        "rechazos": propuesta.rechazos(),
        "muestra": muestra,
    }))
}

/// 202: the batch is carried out from now on; its route says how far it is.
pub async fn confirmar(estado: &Estado, lote: Uuid, operador: &Operador) -> Result<Response, Problema> {
    let confirmacion = estado.lotes.confirmar(lote, operador.codigo(), contratos::ahora()).await.map_err(problema)?;
    match confirmacion {
        Confirmacion::Confirmado | Confirmacion::YaConfirmado => {
            estado.confirmado.notify_one();
            let lugar = format!("/admin/mandos/lotes/{lote}");
            Ok((StatusCode::ACCEPTED, [(header::LOCATION, lugar)], Json(json!({ "lote": lote }))).into_response())
        }
        Confirmacion::Vencido => Err(Problema::nuevo(
            StatusCode::CONFLICT,
            "testigo_vencido",
            "Ha pasado demasiado tiempo: hay que volver a mirar qué sagas serían",
        )),
        Confirmacion::DeOtro => {
            Err(Problema::nuevo(StatusCode::CONFLICT, "testigo_ajeno", "Lo propuso otro operador, y lo confirma él"))
        }
        Confirmacion::Desconocido => Err(ausente("la propuesta")),
    }
}

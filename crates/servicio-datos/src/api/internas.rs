//! What the other services and the BFF ask; never published outside.

use super::Puertas;
use super::lectura::id_suscripcion;
use crate::aplicacion::{Asiento, Operacion, Respuesta};
use crate::dominio::{Estado, IdSuscripcion, Rechazo};
use axum::Json;
use axum::extract::{Path, Query, State};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use servidor::{Cuerpo, Problema, leer_lista};
use uuid::Uuid;

/// How many subscriptions one question may name.
const MAXIMO: usize = 1000;

/// `GET /interno/operaciones/{tipo}/{id}`: what became of a command; 404 while it has not been seen.
pub(super) async fn operacion(
    State(puertas): State<Puertas>,
    Path((tipo, id)): Path<(String, Uuid)>,
) -> Result<Json<Value>, Problema> {
    let operacion = puertas.consultas.operacion(&tipo, id).await?;
    let Operacion { huella, id, suscripcion, respuesta } =
        operacion.ok_or_else(|| Problema::no_encontrado("la operación"))?;
    Ok(Json(json!({
        "estado": desenlace(&respuesta),
        "huella": huella,
        "codigo": respuesta.rechazo.as_ref().map(Rechazo::codigo),
        "motivo": respuesta.rechazo.as_ref().map(ToString::to_string),
        "recursos": { "id_serviciodatos": id.0, "id_suscripcion": suscripcion.0 },
    })))
}

fn desenlace(respuesta: &Respuesta) -> &'static str {
    match respuesta.rechazo {
        None => "hecho",
        Some(Rechazo::ComandoCancelado) => "cancelado",
        Some(_) => "rechazado",
    }
}

#[derive(Deserialize)]
pub(super) struct DeQuien {
    id_suscripcion: Uuid,
}

/// `GET /interno/libro?id_suscripcion=`: what a subscription holds, nothing if there never was a service.
pub(super) async fn asiento(
    State(puertas): State<Puertas>,
    Query(DeQuien { id_suscripcion }): Query<DeQuien>,
) -> Result<Json<VistaAsiento>, Problema> {
    let suscripcion = IdSuscripcion(id_suscripcion);
    let asientos = puertas.consultas.libro(&[suscripcion]).await?;
    Ok(Json(asientos.into_iter().next().map_or_else(|| VistaAsiento::vacia(suscripcion), VistaAsiento::from)))
}

/// `POST /interno/libro` with `{"ids": [...]}`: the same for many; one without a service is left out.
pub(super) async fn libro(
    State(puertas): State<Puertas>,
    Cuerpo(cuerpo): Cuerpo,
) -> Result<Json<Vec<VistaAsiento>>, Problema> {
    let leer = |id: &str| id_suscripcion(id.to_owned()).ok();
    let suscripciones = leer_lista(&cuerpo, "ids", MAXIMO, "un UUID", leer)?;
    let asientos = puertas.consultas.libro(&suscripciones).await?;
    Ok(Json(asientos.into_iter().map(VistaAsiento::from).collect()))
}

#[derive(Serialize)]
pub(super) struct VistaAsiento {
    id_serviciodatos: Option<Uuid>,
    id_suscripcion: Uuid,
    estado: &'static str,
    experto_ocupado: bool,
    nube_ocupada: bool,
}

impl VistaAsiento {
    fn vacia(suscripcion: IdSuscripcion) -> Self {
        Self {
            id_serviciodatos: None,
            id_suscripcion: suscripcion.0,
            estado: Estado::Inexistente.nombre(),
            experto_ocupado: false,
            nube_ocupada: false,
        }
    }
}

impl From<Asiento> for VistaAsiento {
    fn from(asiento: Asiento) -> Self {
        Self {
            id_serviciodatos: Some(asiento.id.0),
            id_suscripcion: asiento.suscripcion.0,
            estado: asiento.estado.nombre(),
            experto_ocupado: asiento.experto_ocupado,
            nube_ocupada: asiento.nube_ocupada,
        }
    }
}

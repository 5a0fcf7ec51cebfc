use super::operaciones::crudo;
use super::peticion::Solicitante;
use super::problemas;
use super::puerta::Puerta;
use crate::dominio::{Fragmento, IdSuscripcion, Parte};
use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;
use serde_json::value::RawValue;
use servidor::{IdRuta, Problema};
use std::sync::Arc;

pub fn rutas() -> Router<Arc<Puerta>> {
    Router::new().route("/suscripciones/{id}", get(detallar))
}

/// A subscription with what grew from it; `null` where there is nothing, or nobody answered.
#[derive(Serialize)]
struct Detalle {
    suscripcion: Box<RawValue>,
    saga: Option<Box<RawValue>>,
    servicio_datos: Option<Box<RawValue>>,
    notificaciones: Option<Box<RawValue>>,
    /// The services whose part is missing because they did not answer.
    partes_no_disponibles: Vec<&'static str>,
}

async fn detallar(
    State(puerta): State<Arc<Puerta>>,
    Solicitante(contexto): Solicitante,
    IdRuta(id): IdRuta,
) -> Result<Json<Detalle>, Problema> {
    let detalle = puerta.casos.detalle.ejecutar(IdSuscripcion(id), &contexto).await;
    let suscripcion = match detalle.suscripcion {
        Fragmento::Presente(documento) => crudo(documento)?,
        Fragmento::Inexistente => return Err(Problema::no_encontrado("la suscripción")),
        Fragmento::NoDisponible => return Err(problemas::parte_no_disponible(Parte::Suscripciones)),
    };
    Ok(Json(Detalle {
        suscripcion,
        saga: presente(detalle.saga)?,
        servicio_datos: presente(detalle.servicio)?,
        notificaciones: presente(detalle.notificaciones)?,
        partes_no_disponibles: detalle.ausentes.into_iter().map(Parte::nombre).collect(),
    }))
}

fn presente(fragmento: Fragmento) -> Result<Option<Box<RawValue>>, Problema> {
    match fragmento {
        Fragmento::Presente(documento) => crudo(documento).map(Some),
        Fragmento::Inexistente | Fragmento::NoDisponible => Ok(None),
    }
}

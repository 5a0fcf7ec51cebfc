//! What the other services ask.

use axum::Json;
use axum::extract::{Path, Query, State};
use contratos::{ComandoEnviarNotificacion, Mensaje};
use serde::{Deserialize, Serialize};
use servidor::{Cuerpo, Problema, leer_lista};
use uuid::Uuid;

use super::Consultas;
use super::fichas::CuerpoFicha;
use super::parametros::Lector;
use super::problemas::de_almacen;
use crate::aplicacion::consultas::{Avance, Operacion};
use crate::dominio::IdSuscripcion;

const SUSCRIPCIONES_POR_PREGUNTA: usize = 1000;

#[derive(Serialize)]
pub(super) struct CuerpoOperacion {
    estado: &'static str,
    huella: Option<String>,
    /// Why it was refused.
    codigo: Option<String>,
    recursos: Recursos,
}

#[derive(Serialize)]
struct Recursos {
    id_notificacion: Option<Uuid>,
    id_suscripcion: Option<Uuid>,
}

impl From<Operacion> for CuerpoOperacion {
    fn from(operacion: Operacion) -> Self {
        let estado = match operacion.avance {
            Avance::EnCurso => "en_curso",
            Avance::Hecho => "hecho",
            Avance::Rechazado => "rechazado",
        };
        let Operacion { huella, codigo, id_notificacion, id_suscripcion, .. } = operacion;
        Self { estado, huella, codigo, recursos: Recursos { id_notificacion, id_suscripcion } }
    }
}

/// How far a command got; 404 while it has not arrived, and for commands that belong to other services.
pub(super) async fn operacion(
    State(consultas): State<Consultas>,
    Path((tipo, id)): Path<(String, String)>,
) -> Result<Json<CuerpoOperacion>, Problema> {
    let desconocida = || Problema::no_encontrado("la operación");
    let id = Uuid::parse_str(&id).map_err(|_| desconocida())?;
    if tipo != ComandoEnviarNotificacion::TIPO {
        return Err(desconocida());
    }
    let operacion = consultas.operacion(id).await.map_err(de_almacen)?;
    operacion.map(|o| Json(CuerpoOperacion::from(o))).ok_or_else(desconocida)
}

#[derive(Deserialize)]
pub(super) struct Parametros {
    id_suscripcion: Option<String>,
}

/// `GET /interno/libro?id_suscripcion=`: the notifications of a subscription.
pub(super) async fn asiento(
    State(consultas): State<Consultas>,
    Query(parametros): Query<Parametros>,
) -> Result<Json<Vec<CuerpoFicha>>, Problema> {
    let mut lector = Lector::default();
    let suscripcion = lector.suscripcion(parametros.id_suscripcion);
    if suscripcion.is_none() {
        lector.invalido("id_suscripcion", "debe ser un uuid");
    }
    lector.terminar()?;
    escribir_libro(&consultas, suscripcion.as_slice()).await
}

/// `POST /interno/libro` with `{"ids": [...]}`: the notifications of many subscriptions.
pub(super) async fn libro(
    State(consultas): State<Consultas>,
    Cuerpo(cuerpo): Cuerpo,
) -> Result<Json<Vec<CuerpoFicha>>, Problema> {
    let leer = |id: &str| Uuid::parse_str(id).ok().map(IdSuscripcion::from);
    let suscripciones = leer_lista(&cuerpo, "ids", SUSCRIPCIONES_POR_PREGUNTA, "un UUID", leer)?;
    escribir_libro(&consultas, &suscripciones).await
}

async fn escribir_libro(
    consultas: &Consultas,
    suscripciones: &[IdSuscripcion],
) -> Result<Json<Vec<CuerpoFicha>>, Problema> {
    let fichas = consultas.libro(suscripciones).await.map_err(de_almacen)?;
    Ok(Json(fichas.into_iter().map(CuerpoFicha::from).collect()))
}

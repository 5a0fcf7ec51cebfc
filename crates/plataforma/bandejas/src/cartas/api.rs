//! The operator's routes over dead letters.

use std::sync::Arc;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};
use servidor::{CampoInvalido, Campos, Cuerpo, IdRuta, Pagina, Paginacion, Problema};
use uuid::Uuid;

use super::acciones::{ErrorAccion, MAXIMO_POR_PETICION, Simulacion};
use super::consulta::{self, Ficha, Filtro, Resumen};
use super::{CartasMuertas, EstadoCarta};
use crate::clasificar::es_de_infraestructura;

type Cartas = State<Arc<CartasMuertas>>;

pub(super) fn rutas(cartas: Arc<CartasMuertas>) -> Router {
    Router::new()
        .route("/admin/cartas-muertas", get(listar))
        .route("/admin/cartas-muertas/reenviar", post(reenviar_varias))
        .route("/admin/cartas-muertas/{id}", get(obtener))
        .route("/admin/cartas-muertas/{id}/simular", post(simular))
        .route("/admin/cartas-muertas/{id}/reenviar", post(reenviar))
        .route("/admin/cartas-muertas/{id}/descartar", post(descartar))
        .with_state(cartas)
}

#[derive(Deserialize)]
struct Parametros {
    estado: Option<String>,
    tema: Option<String>,
    grupo: Option<String>,
}

async fn listar(
    State(cartas): Cartas,
    paginacion: Paginacion,
    parametros: Result<Query<Parametros>, QueryRejection>,
) -> Result<Json<Pagina<Resumen>>, Problema> {
    let Query(parametros) = parametros.map_err(|_| parametros_invalidos(Vec::new()))?;
    let estado = parametros.estado.as_deref().map(estado_de_texto).transpose();
    let estado = estado.map_err(|motivo| parametros_invalidos(vec![CampoInvalido::nuevo("estado", motivo)]))?;
    let filtro = Filtro { estado, tema: parametros.tema, grupo: parametros.grupo };
    let leidas = consulta::listar(&cartas.pool, &filtro, paginacion.despues_de(), paginacion.filas()).await;
    Ok(Json(Pagina::de(leidas.map_err(tecnico)?, paginacion, |carta| carta.id)))
}

async fn obtener(State(cartas): Cartas, IdRuta(id): IdRuta) -> Result<Json<Ficha>, Problema> {
    let ficha = consulta::obtener(&cartas.pool, id).await.map_err(tecnico)?;
    ficha.map(Json).ok_or_else(no_encontrada)
}

async fn simular(State(cartas): Cartas, IdRuta(id): IdRuta) -> Result<Json<Simulacion>, Problema> {
    Ok(Json(cartas.simular(id).await?))
}

/// 202: the letter is due now; its state tells how it went.
async fn reenviar(State(cartas): Cartas, IdRuta(id): IdRuta) -> Result<(StatusCode, Json<Value>), Problema> {
    let reenviadas = cartas.reenviar(&[id], None).await.map_err(tecnico)?;
    if reenviadas.is_empty() {
        return Err(cartas.por_que_no(id).await.map_err(tecnico)?.into());
    }
    Ok(aceptadas(&reenviadas))
}

/// Takes `{"ids": [...]}` or `{"filtro": {estado, tema, grupo}}`, at most 1000 letters, and an optional `actor`.
async fn reenviar_varias(State(cartas): Cartas, Cuerpo(cuerpo): Cuerpo) -> Result<(StatusCode, Json<Value>), Problema> {
    let (seleccion, actor) = leer_seleccion(&cuerpo)?;
    let reenviadas = match seleccion {
        Seleccion::Ids(ids) => cartas.reenviar(&ids, actor.as_deref()).await,
        Seleccion::Filtro(filtro) => cartas.reenviar_filtradas(&filtro, actor.as_deref()).await,
    };
    Ok(aceptadas(&reenviadas.map_err(tecnico)?))
}

async fn descartar(State(cartas): Cartas, IdRuta(id): IdRuta, Cuerpo(cuerpo): Cuerpo) -> Result<StatusCode, Problema> {
    let mut campos = Campos::de(&cuerpo);
    let (motivo, actor) = (campos.texto("motivo"), campos.texto_hasta("actor", 200));
    campos.terminar()?;
    cartas.descartar(id, &motivo, &actor).await?;
    Ok(StatusCode::NO_CONTENT)
}

enum Seleccion {
    Ids(Vec<Uuid>),
    Filtro(Filtro),
}

fn leer_seleccion(cuerpo: &Value) -> Result<(Seleccion, Option<String>), Problema> {
    let mut campos = Campos::de(cuerpo);
    let actor = campos.texto_opcional_hasta("actor", 200);
    let ids = campos.lista_opcional("ids");
    let seleccion = match (ids, cuerpo.get("filtro").is_some_and(Value::is_object)) {
        (Some(ids), false) => Seleccion::Ids(leer_ids(&mut campos, &ids)),
        (None, true) => Seleccion::Filtro(leer_filtro(&mut campos)),
        _ => {
            campos.invalido("ids", "indique ids o filtro, uno de los dos");
            Seleccion::Ids(Vec::new())
        }
    };
    campos.terminar()?;
    Ok((seleccion, actor))
}

fn leer_ids(campos: &mut Campos<'_>, valores: &[Value]) -> Vec<Uuid> {
    if valores.is_empty() || valores.len() > MAXIMO_POR_PETICION {
        campos.invalido("ids", format!("debe tener de 1 a {MAXIMO_POR_PETICION} elementos"));
        return Vec::new();
    }
    let mut ids = Vec::with_capacity(valores.len());
    for (indice, valor) in valores.iter().enumerate() {
        match valor.as_str().and_then(|texto| Uuid::parse_str(texto).ok()) {
            Some(id) => ids.push(id),
            None => campos.invalido(&format!("ids.{indice}"), "debe ser un UUID"),
        }
    }
    ids
}

fn leer_filtro(campos: &mut Campos<'_>) -> Filtro {
    let estado = campos.texto_opcional("filtro.estado").and_then(|texto| match estado_de_texto(&texto) {
        Ok(estado) => Some(estado),
        Err(motivo) => {
            campos.invalido("filtro.estado", motivo);
            None
        }
    });
    let (tema, grupo) = (campos.texto_opcional("filtro.tema"), campos.texto_opcional("filtro.grupo"));
    Filtro { estado, tema, grupo }
}

fn estado_de_texto(texto: &str) -> Result<EstadoCarta, &'static str> {
    EstadoCarta::desde_texto(texto).ok_or("debe ser reintento, muerta, reenviada o descartada")
}

fn aceptadas(reenviadas: &[Uuid]) -> (StatusCode, Json<Value>) {
    let hay_mas = reenviadas.len() == MAXIMO_POR_PETICION;
    (StatusCode::ACCEPTED, Json(json!({ "reenviadas": reenviadas.len(), "hay_mas": hay_mas })))
}

fn parametros_invalidos(campos: Vec<CampoInvalido>) -> Problema {
    Problema::nuevo(StatusCode::BAD_REQUEST, "parametros_invalidos", "Hay parámetros que no son válidos").campos(campos)
}

fn no_encontrada() -> Problema {
    Problema::no_encontrado("la carta")
}

fn tecnico(error: sqlx::Error) -> Problema {
    tracing::error!(error = %crate::ErrorDatos::from(&error), "a request about dead letters failed");
    if es_de_infraestructura(&error) { Problema::no_disponible("base_no_disponible", 5) } else { Problema::interno() }
}

impl From<ErrorAccion> for Problema {
    fn from(error: ErrorAccion) -> Self {
        match error {
            ErrorAccion::Inexistente => no_encontrada(),
            ErrorAccion::Resuelta => {
                Self::nuevo(StatusCode::CONFLICT, "carta_resuelta", "La carta ya fue resuelta y no tiene contenido")
            }
            ErrorAccion::Tecnico(error) => tecnico(error),
        }
    }
}

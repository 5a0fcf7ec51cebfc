use std::collections::BTreeMap;

use axum::extract::rejection::QueryRejection;
use axum::extract::{FromRequestParts, Query};
use axum::http::StatusCode;
use axum::http::request::Parts;
use chrono::{DateTime, Duration, Utc};
use saga::Fase;
use serde_json::{Map, Value};
use servidor::{CampoInvalido, Campos, Problema};

use crate::aplicacion::FiltroSagas;
use crate::dominio::{CodigoCliente, CodigoPlan, IdSuscripcion};

const BOOLEANOS: [&str; 2] = ["atascada", "pausada"];
const ENTEROS: [&str; 2] = ["definicion_version", "antiguedad_min"];
const TEXTOS: [&str; 8] =
    ["fase", "paso", "codigo_cliente", "codigo_plan", "id_suscripcion", "definicion", "desde", "hasta"];
const DE_PAGINA: [&str; 2] = ["limite", "cursor"];
const LARGO_DE_CLAVE: usize = 64;
/// Ten years.
const MINUTOS_MAXIMOS: i64 = 5_256_000;

/// Extractor of a filter of sagas from the query; a parameter that does not exist is an error, not ignored.
pub struct FiltroDeConsulta(pub FiltroSagas);

impl<S: Send + Sync> FromRequestParts<S> for FiltroDeConsulta {
    type Rejection = Problema;

    async fn from_request_parts(partes: &mut Parts, estado: &S) -> Result<Self, Problema> {
        let parametros: Result<Query<BTreeMap<String, String>>, QueryRejection> =
            Query::from_request_parts(partes, estado).await;
        let Query(mut parametros) = parametros.map_err(|_| invalidos(Vec::new()))?;
        parametros.retain(|nombre, _| !DE_PAGINA.contains(&nombre.as_str()));
        let valor = Value::Object(parametros.into_iter().map(|(nombre, texto)| con_tipo(nombre, texto)).collect());
        let (filtro, malos) = leer(&valor, contratos::ahora());
        if malos.is_empty() { Ok(Self(filtro)) } else { Err(invalidos(malos)) }
    }
}

/// Reads a filter from a JSON object, and everything that is wrong with it.
pub fn leer(valor: &Value, ahora: DateTime<Utc>) -> (FiltroSagas, Vec<CampoInvalido>) {
    let mut campos = Campos::de(valor);
    let conocidos = [&BOOLEANOS[..], &ENTEROS, &TEXTOS].concat();
    for desconocido in valor.as_object().into_iter().flat_map(Map::keys).filter(|n| !conocidos.contains(&n.as_str())) {
        campos.invalido(desconocido, "no es un filtro de esta lista");
    }
    let fase = convertido(&mut campos, "fase", "no es una fase", |texto| {
        serde_json::from_value::<Fase>(Value::from(texto)).ok()
    });
    let cliente = convertido(&mut campos, "codigo_cliente", "no es un código", |t| CodigoCliente::try_from(t).ok());
    let plan = convertido(&mut campos, "codigo_plan", "no es un código", |t| CodigoPlan::try_from(t).ok());
    let desde = convertido(&mut campos, "desde", "debe ser un instante como 2026-01-31T08:00:00Z", instante);
    let hasta = convertido(&mut campos, "hasta", "debe ser un instante como 2026-01-31T08:00:00Z", instante);
    let version = campos.entero_opcional("definicion_version").map(|version| {
        i32::try_from(version).unwrap_or_else(|_| {
            campos.invalido("definicion_version", "no es una versión");
            0
        })
    });
    let minutos = campos.entero_opcional("antiguedad_min").filter(|minutos| {
        let cabe = (0..=MINUTOS_MAXIMOS).contains(minutos);
        if !cabe {
            campos.invalido("antiguedad_min", format!("debe ser un número de 0 a {MINUTOS_MAXIMOS}"));
        }
        cabe
    });
    let con_edad = minutos.map(|minutos| ahora - Duration::minutes(minutos));
    let filtro = FiltroSagas {
        fase,
        paso: campos.texto_opcional_hasta("paso", LARGO_DE_CLAVE),
        cliente,
        plan,
        suscripcion: campos.uuid_opcional("id_suscripcion").map(IdSuscripcion),
        definicion: campos.texto_opcional_hasta("definicion", LARGO_DE_CLAVE),
        definicion_version: version,
        atascada: campos.booleano_opcional("atascada"),
        pausada: campos.booleano_opcional("pausada"),
        desde,
        hasta: hasta.into_iter().chain(con_edad).min(),
    };
    (filtro, campos.invalidos())
}

fn convertido<T>(
    campos: &mut Campos<'_>,
    nombre: &str,
    motivo: &str,
    convertir: impl Fn(&str) -> Option<T>,
) -> Option<T> {
    let texto = campos.texto_opcional(nombre)?;
    let valor = convertir(&texto);
    if valor.is_none() {
        campos.invalido(nombre, motivo);
    }
    valor
}

fn instante(texto: &str) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc3339(texto).ok().map(|instante| instante.with_timezone(&Utc))
}

/// What a query writes as text and JSON does not. What does not fit stays a text, and is refused as one.
fn con_tipo(nombre: String, texto: String) -> (String, Value) {
    let valor = match nombre.as_str() {
        booleano if BOOLEANOS.contains(&booleano) => texto.parse().ok().map(Value::Bool),
        entero if ENTEROS.contains(&entero) => texto.parse::<i64>().ok().map(Value::from),
        _ => None,
    };
    (nombre, valor.unwrap_or(Value::String(texto)))
}

/// Fields of a filter that is a member of a body.
pub fn invalidos_bajo(miembro: &str, malos: Vec<CampoInvalido>) -> Problema {
    let bajo = |malo: CampoInvalido| CampoInvalido::nuevo(&format!("{miembro}.{}", malo.campo), malo.motivo);
    Problema::campos_invalidos(malos.into_iter().map(bajo).collect())
}

pub fn invalidos(campos: Vec<CampoInvalido>) -> Problema {
    Problema::nuevo(StatusCode::BAD_REQUEST, "parametros_invalidos", "Hay parámetros que no son válidos").campos(campos)
}

use axum::{Json, Router, http::Method, routing::get};
use serde_json::json;
use servidor::{Cursor, Limites, Pagina, Paginacion, aplicar_capas};
use uuid::Uuid;

use crate::{pedir, peticion};

const TOTAL: u128 = 120;

fn router() -> Router {
    let rutas = Router::new().route("/cosas", get(listar));
    aplicar_capas(rutas, Limites::default())
}

async fn listar(paginacion: Paginacion) -> Json<Pagina<Uuid>> {
    let desde = paginacion.despues_de().map_or(0, |id| id.as_u128());
    let filas = usize::try_from(paginacion.filas()).expect("a small number");
    let leidas = (desde + 1..=TOTAL).take(filas).map(Uuid::from_u128).collect();
    Json(Pagina::de(leidas, paginacion, |id| *id))
}

#[tokio::test]
async fn recorrer_las_paginas_da_cada_elemento_una_vez() {
    let mut vistos = Vec::new();
    let mut ruta = "/cosas".to_owned();
    loop {
        let pagina = pedir(&router(), peticion(Method::GET, &ruta)).await.cuerpo;
        vistos.extend(pagina["elementos"].as_array().expect("a list").clone());
        let Some(siguiente) = pagina["siguiente"].as_str() else {
            break;
        };
        ruta = format!("/cosas?limite=50&cursor={siguiente}");
    }

    let todos: Vec<_> = (1..=TOTAL).map(|n| json!(Uuid::from_u128(n))).collect();
    assert_eq!(vistos, todos);
}

#[tokio::test]
async fn una_pagina_exacta_no_promete_otra() {
    let respuesta = pedir(&router(), peticion(Method::GET, "/cosas?limite=120")).await;
    assert_eq!(respuesta.cuerpo["siguiente"], json!(null));
}

#[tokio::test]
async fn limite_y_cursor_malos_se_rechazan_juntos() {
    for limite in ["0", "201", "-1", "x"] {
        let ruta = format!("/cosas?limite={limite}&cursor=%21");
        let respuesta = pedir(&router(), peticion(Method::GET, &ruta)).await;

        respuesta.es_problema(400, "parametros_invalidos");
        assert_eq!(respuesta.cuerpo["errors"].as_array().map(Vec::len), Some(2));
    }
}

#[test]
fn un_cursor_vuelve_a_ser_su_id() {
    let cursor = Cursor(Uuid::from_u128(7));
    assert_eq!(Cursor::leer(&cursor.texto()), Some(cursor));
    assert_eq!(Cursor::leer("AAAA"), None);
}

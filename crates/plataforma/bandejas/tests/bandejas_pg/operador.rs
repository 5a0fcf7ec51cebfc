//! The operator's routes.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use bandejas::CartasMuertas;
use http_body_util::BodyExt;
use mensajeria::{Cuarentena, Manejador};
use serde_json::{Value, json};
use sqlx::PgPool;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;
use tower::ServiceExt;

use crate::apoyo::{GRUPO, Modo, SECRETO, Taller, carta, cuarentena, esperar, estados};

const RAIZ: &str = "/admin/cartas-muertas";

async fn pedir(cartas: &Arc<CartasMuertas>, metodo: &str, ruta: &str, cuerpo: Option<Value>) -> (StatusCode, String) {
    let router: Router = Arc::clone(cartas).rutas();
    let peticion = Request::builder().method(metodo).uri(format!("{RAIZ}{ruta}"));
    let peticion = match cuerpo {
        Some(cuerpo) => peticion.header("content-type", "application/json").body(Body::from(cuerpo.to_string())),
        None => peticion.body(Body::empty()),
    };
    let respuesta = router.oneshot(peticion.expect("request")).await.expect("response");
    let estado = respuesta.status();
    let bytes = respuesta.into_body().collect().await.expect("body").to_bytes();
    (estado, String::from_utf8(bytes.to_vec()).expect("text"))
}

async fn leer(cartas: &Arc<CartasMuertas>, ruta: &str) -> Value {
    let (estado, cuerpo) = pedir(cartas, "GET", ruta, None).await;
    assert_eq!(estado, StatusCode::OK, "{cuerpo}");
    serde_json::from_str(&cuerpo).expect("json")
}

async fn ids(cartas: &Arc<CartasMuertas>) -> Vec<String> {
    let pagina = leer(cartas, "").await;
    let elementos = pagina["elementos"].as_array().expect("list").clone();
    elementos.iter().map(|carta| carta["id"].as_str().expect("id").to_owned()).collect()
}

fn con_manejador(cartas: &Arc<CartasMuertas>, taller: &Arc<Taller>) -> DropGuard {
    let cierre = CancellationToken::new();
    let manejador: Arc<dyn Manejador> = Arc::<Taller>::clone(taller);
    cartas.reintentar(HashMap::from([(GRUPO.to_owned(), manejador)]), &TaskTracker::new(), &cierre);
    cierre.drop_guard()
}

#[sqlx::test(migrations = false)]
async fn la_lista_se_filtra_y_se_recorre_por_paginas(pool: PgPool) {
    let cartas = cuarentena(&pool).await;
    cartas.aparcar((0..5).map(|entry| carta(entry, entry < 2)).collect()).await.expect("parked");

    let tema = contratos::temas::TEMAS[0].nombre;
    let primera = leer(&cartas, &format!("?estado=muerta&grupo=suscripciones&tema={tema}&limite=2")).await;
    let cursor = primera["siguiente"].as_str().expect("another page");
    let segunda = leer(&cartas, &format!("?estado=muerta&limite=2&cursor={cursor}")).await;

    assert_eq!(primera["elementos"].as_array().map(Vec::len), Some(2));
    assert_eq!(segunda["elementos"].as_array().map(Vec::len), Some(1));
    assert_eq!(segunda["siguiente"], Value::Null);
    assert_eq!(leer(&cartas, "?grupo=otro").await["elementos"], json!([]));
    assert_eq!(pedir(&cartas, "GET", "?estado=perdida", None).await.0, StatusCode::BAD_REQUEST);
}

#[sqlx::test(migrations = false)]
async fn ni_la_lista_ni_la_ficha_ni_la_simulacion_muestran_el_contenido(pool: PgPool) {
    let cartas = cuarentena(&pool).await;
    let taller = Taller::que(Modo::Acepta);
    cartas.aparcar(vec![carta(1, false)]).await.expect("parked");
    let _bucle = con_manejador(&cartas, &taller);
    let id = ids(&cartas).await.remove(0);

    let (_, lista) = pedir(&cartas, "GET", "", None).await;
    let (_, ficha) = pedir(&cartas, "GET", &format!("/{id}"), None).await;
    let (_, simulacion) = pedir(&cartas, "POST", &format!("/{id}/simular"), None).await;

    for texto in [&lista, &ficha, &simulacion] {
        assert!(!texto.contains(SECRETO) && !texto.contains("carga") && !texto.contains("paciente"), "{texto}");
    }
    let simulacion: Value = serde_json::from_str(&simulacion).expect("json");
    assert_eq!(simulacion["decodifica"], true);
    assert_eq!(simulacion["tipo"], "ComandoCrearSuscripcion");
    assert_eq!((&simulacion["grupo"], &simulacion["con_manejador"]), (&json!(GRUPO), &json!(true)));
    assert_eq!(
        (&simulacion["campos"]["cliente_nombres"], &simulacion["campos"]["plan_codigo"]),
        (&json!(true), &json!(false))
    );
    assert_eq!(taller.intentos(), 0);
    assert_eq!(estados(&pool).await, ["muerta"]);
}

#[sqlx::test(migrations = false)]
async fn la_simulacion_dice_que_unos_bytes_no_siguen_su_esquema(pool: PgPool) {
    let cartas = cuarentena(&pool).await;
    let mut rota = carta(1, false);
    rota.entrante.carga = vec![0xff; 7];
    cartas.aparcar(vec![rota]).await.expect("parked");
    let id = ids(&cartas).await.remove(0);

    let (estado, cuerpo) = pedir(&cartas, "POST", &format!("/{id}/simular"), None).await;

    let simulacion: Value = serde_json::from_str(&cuerpo).expect("json");
    assert_eq!(estado, StatusCode::OK);
    assert_eq!((&simulacion["decodifica"], &simulacion["codigo"]), (&json!(false), &json!("no_sigue_el_esquema")));
    assert_eq!(simulacion["con_manejador"], false);
}

#[sqlx::test(migrations = false)]
async fn reenviar_una_muerta_la_lleva_a_su_manejador(pool: PgPool) {
    let cartas = cuarentena(&pool).await;
    let taller = Taller::que(Modo::Acepta);
    cartas.aparcar(vec![carta(1, false)]).await.expect("parked");
    let _bucle = con_manejador(&cartas, &taller);
    let id = ids(&cartas).await.remove(0);

    let (estado, _) = pedir(&cartas, "POST", &format!("/{id}/reenviar"), None).await;

    assert_eq!(estado, StatusCode::ACCEPTED);
    esperar("handled", async || estados(&pool).await == ["reenviada"]).await;
    let (otra_vez, _) = pedir(&cartas, "POST", &format!("/{id}/reenviar"), None).await;
    assert_eq!(otra_vez, StatusCode::CONFLICT);
}

#[sqlx::test(migrations = false)]
async fn se_reenvian_varias_por_ids_o_por_filtro_y_nunca_mas_de_mil(pool: PgPool) {
    let cartas = cuarentena(&pool).await;
    cartas.aparcar((0..1005).map(|entry| carta(entry, false)).collect()).await.expect("parked");
    let algunas = ids(&cartas).await;

    let (_, por_ids) = pedir(&cartas, "POST", "/reenviar", Some(json!({ "ids": algunas[..3] }))).await;
    let filtro = json!({ "filtro": { "grupo": GRUPO }, "actor": "ana" });
    let (_, por_filtro) = pedir(&cartas, "POST", "/reenviar", Some(filtro.clone())).await;
    let (_, resto) = pedir(&cartas, "POST", "/reenviar", Some(filtro)).await;

    let leer = |texto: &str| serde_json::from_str::<Value>(texto).expect("json");
    assert_eq!(leer(&por_ids), json!({ "reenviadas": 3, "hay_mas": false }));
    assert_eq!(leer(&por_filtro), json!({ "reenviadas": 1000, "hay_mas": true }));
    assert_eq!(leer(&resto), json!({ "reenviadas": 2, "hay_mas": false }));
}

#[sqlx::test(migrations = false)]
async fn una_seleccion_incompleta_o_excesiva_se_rechaza(pool: PgPool) {
    let cartas = cuarentena(&pool).await;
    let muchas = json!({ "ids": vec![contratos::id_nuevo(); 1001] });
    let ambas = json!({ "ids": [contratos::id_nuevo()], "filtro": {} });
    for cuerpo in [json!({}), muchas, ambas, json!({ "ids": ["x"] }), json!({ "filtro": { "estado": "perdida" } })] {
        let (estado, respuesta) = pedir(&cartas, "POST", "/reenviar", Some(cuerpo)).await;
        assert_eq!(estado, StatusCode::UNPROCESSABLE_ENTITY, "{respuesta}");
    }
}

#[sqlx::test(migrations = false)]
async fn descartar_exige_motivo_y_actor_y_borra_el_contenido(pool: PgPool) {
    let cartas = cuarentena(&pool).await;
    cartas.aparcar(vec![carta(1, true)]).await.expect("parked");
    let id = ids(&cartas).await.remove(0);
    let ruta = format!("/{id}/descartar");

    let (sin_motivo, cuerpo) = pedir(&cartas, "POST", &ruta, Some(json!({ "actor": "ana", "motivo": " " }))).await;
    assert_eq!(sin_motivo, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(cuerpo.contains("motivo") && estados(&pool).await == ["reintento"]);
    let decision = json!({ "actor": "ana", "motivo": "duplicada" });
    let (descartada, _) = pedir(&cartas, "POST", &ruta, Some(decision.clone())).await;

    assert_eq!(descartada, StatusCode::NO_CONTENT);
    let ficha = leer(&cartas, &format!("/{id}")).await;
    assert_eq!((&ficha["estado"], &ficha["actor"]), (&json!("descartada"), &json!("ana")));
    assert_eq!(ficha["motivo_descarte"], "duplicada");
    assert_eq!(pedir(&cartas, "POST", &ruta, Some(decision)).await.0, StatusCode::CONFLICT);
    assert_eq!(pedir(&cartas, "POST", &format!("/{id}/simular"), None).await.0, StatusCode::CONFLICT);
}

#[sqlx::test(migrations = false)]
async fn una_carta_que_no_existe_es_404_con_problem_json(pool: PgPool) {
    let cartas = cuarentena(&pool).await;
    let id = contratos::id_nuevo();
    for (metodo, ruta) in [("GET", ""), ("POST", "/simular"), ("POST", "/reenviar")] {
        let (estado, cuerpo) = pedir(&cartas, metodo, &format!("/{id}{ruta}"), None).await;
        assert_eq!(estado, StatusCode::NOT_FOUND);
        assert!(cuerpo.contains("\"code\":\"no_encontrado\""), "{cuerpo}");
    }
}

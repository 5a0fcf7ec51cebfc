use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use contratos::{ComandoEnviarNotificacion, id_comando, id_nuevo};
use http_body_util::BodyExt;
use mensajeria::Manejador;
use notificaciones::infraestructura::{Entrada, PgConsultas};
use serde_json::{Value, json};
use sqlx::PgPool;
use tower::ServiceExt;
use uuid::Uuid;

use crate::apoyo::{Banco, ServidorSmtp, Suscripciones, comando, correo_smtp, saga};

struct Escena {
    banco: Banco,
    rutas: Router,
    entrada: Entrada<ComandoEnviarNotificacion>,
}

impl Escena {
    async fn nueva(pool: PgPool) -> Self {
        let banco = Banco::nuevo(pool).await;
        let correos = [("0001", "pperez@domain.com"), ("0002", "aplaza@domain.com"), ("0003", "rechaza@domain.com")];
        let suscripciones = Suscripciones::con(&correos).await;
        let remitente = banco.remitente(suscripciones.url(), correo_smtp(&ServidorSmtp::iniciar().await));
        let entrada = Entrada::de_comandos(banco.crear.clone(), remitente);
        let rutas = notificaciones::api::rutas(Arc::new(PgConsultas::nuevas(banco.pool.clone())));
        Self { banco, rutas, entrada }
    }

    async fn mandar(&self, suscripcion: Uuid, cliente: &str) {
        let lote = [comando(suscripcion, cliente, "suscripcion_completada")];
        self.entrada.manejar(&lote).await.expect("handles");
    }

    async fn pedir(&self, ruta: &str) -> (StatusCode, Value) {
        self.pedir_como(ruta, "publico").await
    }

    async fn pedir_como(&self, ruta: &str, inquilino: &str) -> (StatusCode, Value) {
        let peticion = Request::get(ruta).header("x-inquilino", inquilino).body(Body::empty()).expect("request");
        self.enviar(peticion).await
    }

    async fn enviar(&self, peticion: Request<Body>) -> (StatusCode, Value) {
        let respuesta = self.rutas.clone().oneshot(peticion).await.expect("answers");
        let estado = respuesta.status();
        let cuerpo = respuesta.into_body().collect().await.expect("body").to_bytes();
        (estado, serde_json::from_slice(&cuerpo).expect("json"))
    }

    async fn cuantas(&self, ruta: &str) -> usize {
        let (estado, cuerpo) = self.pedir(ruta).await;
        assert_eq!(estado, StatusCode::OK, "{cuerpo}");
        cuerpo["elementos"].as_array().expect("list").len()
    }
}

#[sqlx::test(migrations = false)]
async fn la_lista_se_filtra_y_se_recorre_por_paginas(pool: PgPool) {
    let escena = Escena::nueva(pool).await;
    let suscripciones: Vec<_> = (0..5).map(|_| id_nuevo()).collect();
    for suscripcion in &suscripciones {
        escena.mandar(*suscripcion, "0001").await;
    }
    escena.banco.esperar("confirmada", 5).await;
    escena.mandar(id_nuevo(), "0003").await;
    let (mut vistas, mut siguiente) = (Vec::new(), String::new());
    loop {
        let (_, pagina) = escena.pedir(&format!("/notificaciones?codigo_cliente=0001&limite=2{siguiente}")).await;
        let elementos = pagina["elementos"].as_array().expect("list");
        vistas.extend(elementos.iter().map(|e| e["id_suscripcion"].as_str().expect("id").to_owned()));
        let Some(cursor) = pagina["siguiente"].as_str() else { break };
        siguiente = format!("&cursor={cursor}");
    }
    let nuevas_primero: Vec<_> = suscripciones.iter().rev().map(Uuid::to_string).collect();
    assert_eq!(vistas, nuevas_primero);
    assert_eq!(escena.cuantas(&format!("/notificaciones?id_suscripcion={}", suscripciones[0])).await, 1);
    assert_eq!(escena.cuantas("/notificaciones?estado=confirmada").await, 5);
    assert_eq!(escena.cuantas("/notificaciones?estado=enviada").await, 0);
}

#[sqlx::test(migrations = false)]
async fn los_parametros_invalidos_se_nombran_todos(pool: PgPool) {
    let escena = Escena::nueva(pool).await;
    let (estado, problema) = escena.pedir("/notificaciones?estado=perdida&id_suscripcion=7").await;
    assert_eq!(estado, StatusCode::BAD_REQUEST);
    assert_eq!(problema["errors"].as_array().expect("errors").len(), 2);
}

#[sqlx::test(migrations = false)]
async fn una_notificacion_muestra_su_historia(pool: PgPool) {
    let escena = Escena::nueva(pool).await;
    let suscripcion = id_nuevo();
    escena.mandar(suscripcion, "0001").await;
    escena.banco.esperar("confirmada", 1).await;
    let id = contratos::id_derivado(&["notificacion", &suscripcion.to_string(), "completada"]);
    let (_, historia) = escena.pedir(&format!("/notificaciones/{id}")).await;
    let tipos: Vec<_> = historia["eventos"].as_array().expect("events").iter().map(|e| &e["tipo"]).collect();
    assert_eq!(tipos, ["Creada", "Enviada", "Confirmada"]);
    assert_eq!(historia["cadena_integra"], json!(true));
    assert_eq!(historia["destinatario"], json!("p***@domain.com"));
    assert_eq!(escena.pedir(&format!("/notificaciones/{}", id_nuevo())).await.0, StatusCode::NOT_FOUND);
    assert_eq!(escena.pedir_como(&format!("/notificaciones/{id}"), "otro").await.0, StatusCode::NOT_FOUND);
    assert_eq!(escena.pedir_como("/notificaciones", "otro").await.1["elementos"], json!([]));
}

#[sqlx::test(migrations = false)]
async fn un_evento_alterado_a_la_fuerza_se_nota(pool: PgPool) {
    let escena = Escena::nueva(pool).await;
    let suscripcion = id_nuevo();
    escena.mandar(suscripcion, "0001").await;
    escena.banco.esperar("confirmada", 1).await;
    for orden in [
        "alter table evento disable trigger evento_inmutable",
        "update evento set datos = jsonb_set(datos, '{codigo_cliente}', '\"0009\"') where version = 1",
    ] {
        sqlx::query(orden).execute(&escena.banco.pool).await.expect("as the owner of the table");
    }
    let id = contratos::id_derivado(&["notificacion", &suscripcion.to_string(), "completada"]);
    assert_eq!(escena.pedir(&format!("/notificaciones/{id}")).await.1["cadena_integra"], json!(false));
}

#[sqlx::test(migrations = false)]
async fn una_operacion_dice_como_va_su_comando(pool: PgPool) {
    let escena = Escena::nueva(pool).await;
    for (cliente, esperado) in [("0001", "hecho"), ("0002", "en_curso"), ("0003", "rechazado")] {
        let suscripcion = id_nuevo();
        let orden = id_comando(saga(suscripcion), "notificar", "hacer");
        let ruta = format!("/interno/operaciones/ComandoEnviarNotificacion/{orden}");
        assert_eq!(escena.pedir(&ruta).await.0, StatusCode::NOT_FOUND);
        escena.mandar(suscripcion, cliente).await;
        crate::apoyo::hasta(async || escena.pedir(&ruta).await.1["estado"] == json!(esperado)).await;
        let (_, operacion) = escena.pedir(&ruta).await;
        assert_eq!(operacion["huella"], json!("ab".repeat(32)));
        assert_eq!(operacion["recursos"]["id_suscripcion"], json!(suscripcion));
    }
    assert_eq!(escena.pedir(&format!("/interno/operaciones/ComandoX/{}", id_nuevo())).await.0, StatusCode::NOT_FOUND);
}

#[sqlx::test(migrations = false)]
async fn el_libro_reune_las_notificaciones_de_varias_suscripciones(pool: PgPool) {
    let escena = Escena::nueva(pool).await;
    let [una, otra] = [id_nuevo(), id_nuevo()];
    escena.mandar(una, "0001").await;
    escena.mandar(otra, "0001").await;
    escena.mandar(id_nuevo(), "0001").await;
    escena.banco.esperar("confirmada", 3).await;
    let preguntar = async |ids: Value| {
        let peticion = Request::post("/interno/libro").header("content-type", "application/json");
        escena.enviar(peticion.body(Body::from(json!({ "ids": ids }).to_string())).expect("request")).await
    };
    let (_, libro) = preguntar(json!([una, otra])).await;
    let asientos = libro.as_array().expect("list");
    assert_eq!(asientos.len(), 2);
    assert!(asientos.iter().all(|a| a["estado"] == json!("confirmada") && a["correlacion"].is_string()));
    let (estado, problema) = preguntar(json!([una, "no-es-uuid", 7])).await;
    assert_eq!((estado, &problema["code"]), (StatusCode::BAD_REQUEST, &json!("lista_invalida")));
    let invalidos = json!([{ "posicion": 1, "valor": "no-es-uuid" }, { "posicion": 2, "valor": "7" }]);
    assert_eq!(problema["invalidos"], invalidos);
    let (_, uno) = escena.pedir(&format!("/interno/libro?id_suscripcion={una}")).await;
    assert_eq!(uno[0]["id_suscripcion"], json!(una));
    assert_eq!(escena.pedir("/interno/libro").await.0, StatusCode::BAD_REQUEST);
}

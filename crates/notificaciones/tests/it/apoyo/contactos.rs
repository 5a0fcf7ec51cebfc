use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// A stand-in for suscripciones: the contacts of the tenant `publico`.
#[derive(Clone, Default)]
pub struct Suscripciones {
    estado: Arc<Estado>,
    url: String,
}

#[derive(Default)]
struct Estado {
    correos: Mutex<HashMap<String, String>>,
    caido: AtomicBool,
    preguntas: AtomicUsize,
}

impl Suscripciones {
    /// Serves the contacts given as (code, address).
    pub async fn con(correos: &[(&str, &str)]) -> Self {
        let oyente = TcpListener::bind("127.0.0.1:0").await.expect("listens");
        let url = format!("http://{}", oyente.local_addr().expect("address"));
        let nuevo = Self { estado: Arc::default(), url };
        for (codigo, correo) in correos {
            nuevo.estado.correos.lock().expect("lock").insert((*codigo).to_owned(), (*correo).to_owned());
        }
        let rutas =
            Router::new().route("/interno/clientes/contactos", post(contactos)).with_state(Arc::clone(&nuevo.estado));
        tokio::spawn(async move { axum::serve(oyente, rutas).await.expect("serves") });
        nuevo
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    pub fn caer(&self, caido: bool) {
        self.estado.caido.store(caido, Ordering::SeqCst);
    }

    pub fn preguntas(&self) -> usize {
        self.estado.preguntas.load(Ordering::SeqCst)
    }
}

async fn contactos(State(estado): State<Arc<Estado>>, cabeceras: HeaderMap, Json(cuerpo): Json<Value>) -> Response {
    estado.preguntas.fetch_add(1, Ordering::SeqCst);
    if estado.caido.load(Ordering::SeqCst) {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    if cabeceras.get("x-inquilino").is_none_or(|inquilino| inquilino != "publico") {
        return Json(json!({})).into_response();
    }
    let codigos: Vec<&str> = cuerpo["codigos"].as_array().expect("codes").iter().filter_map(Value::as_str).collect();
    let ilegible = |(lugar, codigo): (usize, &&str)| codigo.trim().is_empty().then(|| json!({ "posicion": lugar }));
    let invalidos: Vec<Value> = codigos.iter().enumerate().filter_map(ilegible).collect();
    if !invalidos.is_empty() {
        let problema = json!({ "code": "lista_invalida", "invalidos": invalidos });
        return (StatusCode::BAD_REQUEST, Json(problema)).into_response();
    }
    let correos = estado.correos.lock().expect("lock");
    let conocidos = codigos.into_iter().filter_map(|codigo| {
        let contacto = json!({ "nombres": "Pablo", "apellidos": "Pérez <Prieto>", "email": correos.get(codigo)? });
        Some((codigo.to_owned(), contacto))
    });
    Json(Value::Object(conocidos.collect())).into_response()
}

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use uuid::Uuid;

/// A request that reached the service.
#[derive(Clone, Debug)]
pub struct Recibida {
    pub metodo: Method,
    /// Path and query.
    pub ruta: String,
    pub cabeceras: HeaderMap,
    pub cuerpo: Bytes,
}

/// What the service has under one path.
#[derive(Clone)]
struct Guardada {
    estado: StatusCode,
    cabeceras: Vec<(String, String)>,
    cuerpo: String,
}

#[derive(Default)]
struct Interior {
    guardadas: HashMap<String, Guardada>,
    recibidas: Vec<Recibida>,
    demora: Duration,
}

type Compartido = Arc<Mutex<Interior>>;

/// A service behind the door: answers what it was given under a path, 404 for the rest.
pub struct Servicio {
    pub url: String,
    interior: Compartido,
    tarea: JoinHandle<()>,
}

impl Servicio {
    pub async fn arrancar() -> Self {
        let interior = Compartido::default();
        let oyente = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", oyente.local_addr().expect("an address"));
        let router = Router::new().fallback(atender).with_state(interior.clone());
        let tarea = tokio::spawn(async move { axum::serve(oyente, router).await.expect("served") });
        Self { url, interior, tarea }
    }

    /// From here on nobody listens at the service's address.
    pub async fn caer(&mut self) {
        self.tarea.abort();
        assert!((&mut self.tarea).await.is_err_and(|error| error.is_cancelled()));
    }

    /// From here on every answer comes late.
    pub fn demorarse(&self, demora: Duration) {
        self.interior().demora = demora;
    }

    pub fn guardar(&self, ruta: &str, estado: StatusCode, cabeceras: &[(&str, &str)], cuerpo: impl Into<String>) {
        let cabeceras = cabeceras.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        self.interior().guardadas.insert(ruta.to_owned(), Guardada { estado, cabeceras, cuerpo: cuerpo.into() });
    }

    pub fn guardar_json(&self, ruta: &str, cuerpo: &Value) {
        self.guardar(ruta, StatusCode::OK, &[("content-type", "application/json")], cuerpo.to_string());
    }

    /// The catalogue, under its ETag.
    pub fn ofrecer_planes(&self, etiqueta: &str, codigos: &[&str]) {
        let elementos: Vec<_> = codigos.iter().map(|codigo| json!({"codigo": codigo})).collect();
        let cuerpo = json!({"elementos": elementos, "siguiente": null});
        let cabeceras = [("content-type", "application/json"), ("etag", etiqueta)];
        self.guardar("/planes", StatusCode::OK, &cabeceras, cuerpo.to_string());
    }

    /// The effect of a command that the service has executed.
    pub fn recordar_efecto(&self, tipo: &str, id: Uuid, huella: &str) {
        let cuerpo = json!({"estado": "hecho", "huella": huella, "recursos": {"id_suscripcion": id}});
        self.guardar_json(&format!("/interno/operaciones/{tipo}/{id}"), &cuerpo);
    }

    pub fn recibidas(&self) -> Vec<Recibida> {
        self.interior().recibidas.clone()
    }

    fn interior(&self) -> std::sync::MutexGuard<'_, Interior> {
        self.interior.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn atender(State(interior): State<Compartido>, peticion: Request) -> Response {
    let (partes, cuerpo) = peticion.into_parts();
    let ruta = partes.uri.path_and_query().map_or("/", |ruta| ruta.as_str()).to_owned();
    let Ok(cuerpo) = to_bytes(cuerpo, usize::MAX).await else { return StatusCode::BAD_REQUEST.into_response() };
    let condicion = partes.headers.get(header::IF_NONE_MATCH).cloned();
    let (guardada, demora) = {
        let mut interior = interior.lock().unwrap_or_else(PoisonError::into_inner);
        interior.recibidas.push(Recibida {
            metodo: partes.method,
            ruta: ruta.clone(),
            cabeceras: partes.headers,
            cuerpo,
        });
        (interior.guardadas.get(&ruta).cloned(), interior.demora)
    };
    tokio::time::sleep(demora).await;
    let Some(guardada) = guardada else { return StatusCode::NOT_FOUND.into_response() };
    let etiqueta = guardada.cabeceras.iter().find(|(nombre, _)| nombre == "etag").map(|(_, valor)| valor.as_str());
    if condicion.is_some() && condicion.as_ref().and_then(|valor| valor.to_str().ok()) == etiqueta {
        return StatusCode::NOT_MODIFIED.into_response();
    }
    let mut respuesta = Response::builder().status(guardada.estado);
    for (nombre, valor) in &guardada.cabeceras {
        respuesta = respuesta.header(nombre, valor);
    }
    respuesta.body(Body::from(guardada.cuerpo)).expect("a valid answer")
}

use super::{Buzon, Servicio};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bff_web::composicion::{Ajustes, puerta};
use serde_json::{Value, json};
use std::sync::Arc;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

pub const IMAGEN_MAXIMA: usize = 1024 * 1024;

pub struct Servicios {
    pub suscripciones: Servicio,
    pub servicio_datos: Servicio,
    pub procesamiento: Servicio,
    pub notificaciones: Servicio,
}

/// The door, its broker and the four services behind it.
pub struct Entorno {
    pub buzon: Arc<Buzon>,
    pub servicios: Servicios,
    pub cierre: CancellationToken,
    router: Router,
}

/// A whole answer.
#[derive(Debug)]
pub struct Respuesta {
    pub estado: StatusCode,
    pub cabeceras: HeaderMap,
    pub texto: String,
}

impl Respuesta {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.texto).unwrap_or_else(|_| panic!("json, not {:?}", self.texto))
    }

    pub fn cabecera(&self, nombre: &str) -> &str {
        self.cabeceras.get(nombre).map_or("", |valor| valor.to_str().expect("ascii"))
    }

    /// The problem's code, once its shape is checked.
    pub fn codigo(&self) -> String {
        assert_eq!(self.cabecera("content-type"), "application/problem+json", "{}", self.texto);
        let problema = self.json();
        assert_eq!(problema["status"], self.estado.as_u16());
        assert!(problema["request_id"].is_string() && problema["title"].is_string(), "{problema}");
        problema["code"].as_str().expect("a code").to_owned()
    }

    /// The fields that the problem names, in alphabetical order.
    pub fn campos(&self) -> Vec<String> {
        let problema = self.json();
        let errores = problema["errors"].as_array().cloned().unwrap_or_default();
        let mut campos: Vec<_> = errores.iter().filter_map(|e| e["campo"].as_str().map(str::to_owned)).collect();
        campos.sort_unstable();
        campos
    }
}

impl Entorno {
    /// Everything up, with the plans `pro` and `basico` on offer.
    pub async fn nuevo() -> Self {
        let servicios = Servicios {
            suscripciones: Servicio::arrancar().await,
            servicio_datos: Servicio::arrancar().await,
            procesamiento: Servicio::arrancar().await,
            notificaciones: Servicio::arrancar().await,
        };
        servicios.suscripciones.ofrecer_planes("\"v1\"", &["pro", "basico"]);
        let (buzon, cierre) = (Arc::new(Buzon::nuevo()), CancellationToken::new());
        let router = puerta(&ajustes(&servicios), buzon.clone(), &cierre).expect("a composed door");
        Self { buzon, servicios, cierre, router }
    }

    pub async fn pedir(&self, peticion: Request<Body>) -> Respuesta {
        let respuesta = self.abrir(peticion).await;
        let (partes, cuerpo) = respuesta.into_parts();
        let bytes = to_bytes(cuerpo, usize::MAX).await.expect("a whole body");
        let texto = String::from_utf8(bytes.to_vec()).expect("utf-8");
        Respuesta { estado: partes.status, cabeceras: partes.headers, texto }
    }

    /// The answer with its body still to come.
    pub async fn abrir(&self, peticion: Request<Body>) -> axum::response::Response {
        self.router.clone().oneshot(peticion).await.expect("infallible")
    }

    pub async fn obtener(&self, ruta: &str) -> Respuesta {
        self.pedir(Request::get(ruta).body(Body::empty()).expect("a request")).await
    }

    pub async fn publicar(&self, ruta: &str, cuerpo: &Value) -> Respuesta {
        self.publicar_con(ruta, cuerpo, &[]).await
    }

    pub async fn publicar_con_clave(&self, ruta: &str, cuerpo: &Value, clave: &str) -> Respuesta {
        self.publicar_con(ruta, cuerpo, &[("idempotency-key", clave)]).await
    }

    pub async fn publicar_con(&self, ruta: &str, cuerpo: &Value, cabeceras: &[(&str, &str)]) -> Respuesta {
        let mut peticion = Request::post(ruta).header("content-type", "application/json");
        for (nombre, valor) in cabeceras {
            peticion = peticion.header(*nombre, *valor);
        }
        self.pedir(peticion.body(Body::from(cuerpo.to_string())).expect("a request")).await
    }
}

fn ajustes(servicios: &Servicios) -> Ajustes {
    let ajustes = json!({
        "http": {"direccion": "127.0.0.1", "puerto": 0},
        "telemetria": {"filtro": "info", "formato": "texto"},
        "pulsar": {"url": "pulsar://127.0.0.1:1", "espacio": "public/default"},
        "pulsar_admin": {"url": "http://127.0.0.1:1"},
        "servicios": {
            "suscripciones": servicios.suscripciones.url,
            "servicio_datos": servicios.servicio_datos.url,
            "procesamiento": servicios.procesamiento.url,
            "notificaciones": servicios.notificaciones.url,
        },
        "operaciones": {"clave": STANDARD.encode([7; 32])},
        "imagenes": {"maximo_bytes": IMAGEN_MAXIMA, "plazo_segundos": 5},
    });
    serde_json::from_value(ajustes).expect("valid settings")
}

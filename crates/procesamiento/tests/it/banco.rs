//! The service on a test database, with a broker that remembers what it was sent.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, HeaderValue, Request, StatusCode, header};
use bandejas::Despachador;
use cifrado::Cifrador;
use contratos::{ComandoAnonimizarImagen, Mensaje, Procedencia, Recibido, Saliente, ahora, decodificar, temas};
use mensajeria::{Desenlace, Entrante, ErrorManejo, ErrorPublicacion, Manejador, Posicion, Publicar};
use procesamiento::composicion::armar;
use secrecy::SecretString;
use serde_json::{Value, json};
use servidor::{Limites, aplicar_capas};
use sqlx::PgPool;
use tokio::sync::Notify;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;
use uuid::Uuid;

pub const MAESTRA: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
pub const PACIENTE: &str = "PAC-ORIGINAL-0001";
pub const ANTECEDENTES: &str = "fumador desde 1990, alergia a la penicilina";
const PLAZO: Duration = Duration::from_secs(10);

pub struct Banco {
    pub pool: PgPool,
    router: Router,
    manejador: Arc<dyn Manejador>,
    broker: Arc<Broker>,
    _cierre: tokio_util::sync::DropGuard,
}

pub struct Respuesta {
    pub estado: StatusCode,
    pub cabeceras: HeaderMap,
    pub cuerpo: Value,
}

impl Respuesta {
    pub fn texto(&self, campo: &str) -> &str {
        self.cuerpo[campo].as_str().expect("a text")
    }

    pub fn es_problema(&self, estado: u16, codigo: &str) {
        assert_eq!((self.estado.as_u16(), &self.cuerpo["code"]), (estado, &json!(codigo)), "{}", self.cuerpo);
    }
}

#[derive(Default)]
struct Broker {
    enviados: Mutex<Vec<Saliente>>,
    llegada: Notify,
}

#[async_trait]
impl Publicar for Broker {
    async fn publicar(&self, mensajes: Vec<Saliente>) -> Vec<Result<(), ErrorPublicacion>> {
        let recibos = mensajes.iter().map(|_| Ok(())).collect();
        self.enviados.lock().unwrap_or_else(PoisonError::into_inner).extend(mensajes);
        self.llegada.notify_waiters();
        recibos
    }

    fn disponible(&self) -> bool {
        true
    }
}

impl Broker {
    fn de_tipo<D: Mensaje>(&self) -> Vec<Saliente> {
        let tema = temas::por_tipo(D::TIPO).expect("a topic").nombre;
        let enviados = self.enviados.lock().unwrap_or_else(PoisonError::into_inner);
        enviados.iter().filter(|saliente| saliente.tema == tema).cloned().collect()
    }
}

impl Banco {
    pub async fn nuevo(pool: PgPool) -> Self {
        procesamiento::migrar(&pool).await.expect("migrates");
        let (tareas, cierre) = (TaskTracker::new(), CancellationToken::new());
        let broker = Arc::new(Broker::default());
        let despachador = Despachador::iniciar(pool.clone(), broker.clone(), &tareas, &cierre);
        let claves = SecretString::from(MAESTRA);
        let cifrador = Arc::new(Cifrador::nuevo(&claves).expect("key"));
        let piezas = armar(&pool, &despachador, cifrador, &claves).expect("wires");
        let router = aplicar_capas(piezas.rutas, Limites::default());
        Self { pool, router, manejador: piezas.manejador, broker, _cierre: cierre.drop_guard() }
    }

    pub async fn enviar(&self, cuerpo: &Value, cabeceras: &[(&'static str, &str)]) -> Respuesta {
        let peticion = Request::post("/procesamiento/procesar-imagen").header(header::CONTENT_TYPE, "application/json");
        self.pedir(peticion.body(Body::from(cuerpo.to_string())).expect("a request"), cabeceras).await
    }

    pub async fn leer(&self, ruta: &str, cabeceras: &[(&'static str, &str)]) -> Respuesta {
        self.pedir(Request::get(ruta).body(Body::empty()).expect("a request"), cabeceras).await
    }

    async fn pedir(&self, mut peticion: Request<Body>, cabeceras: &[(&'static str, &str)]) -> Respuesta {
        for (nombre, valor) in cabeceras {
            peticion.headers_mut().insert(*nombre, HeaderValue::from_str(valor).expect("a header"));
        }
        let respuesta = self.router.clone().oneshot(peticion).await.expect("infallible");
        let (partes, cuerpo) = respuesta.into_parts();
        let bytes = to_bytes(cuerpo, usize::MAX).await.expect("the body ends");
        let cuerpo = serde_json::from_slice(&bytes).expect("json");
        Respuesta { estado: partes.status, cabeceras: partes.headers, cuerpo }
    }

    /// Waits until `cuantos` messages of a type were published, and returns all of that type.
    pub async fn salientes<D: Mensaje>(&self, cuantos: usize) -> Vec<Saliente> {
        let esperar = async {
            loop {
                let llegada = self.broker.llegada.notified();
                let salientes = self.broker.de_tipo::<D>();
                if salientes.len() >= cuantos {
                    return salientes;
                }
                llegada.await;
            }
        };
        timeout(PLAZO, esperar).await.expect("the messages are published in time")
    }

    pub async fn publicados<D: Mensaje>(&self, cuantos: usize) -> Vec<Recibido<D>> {
        let salientes = self.salientes::<D>(cuantos).await;
        assert_eq!(salientes.len(), cuantos);
        salientes.iter().map(decodificado).collect()
    }

    /// Gives messages to the consumer as one batch.
    pub async fn consumir(&self, salientes: &[Saliente]) -> Result<Vec<Desenlace>, ErrorManejo> {
        let lote: Vec<_> = salientes.iter().map(entrante).collect();
        self.manejador.manejar(&lote).await
    }

    /// Takes an image in and anonymises it; answers its id.
    pub async fn anonimizada(&self, inquilino: &str) -> Uuid {
        let recibida = self.enviar(&cuerpo(), &[("x-inquilino", inquilino)]).await;
        let id = Uuid::try_parse(recibida.texto("id_imagen")).expect("a uuid");
        let mut comandos = Vec::new();
        while comandos.is_empty() {
            comandos = self.salientes::<ComandoAnonimizarImagen>(1).await;
            comandos.retain(|comando| comando.clave == id.to_string());
            tokio::task::yield_now().await;
        }
        assert_eq!(self.consumir(&comandos).await.expect("handled"), [Desenlace::Hecho]);
        id
    }

    pub async fn contar(&self, tabla: &str) -> i64 {
        let consulta = format!("select count(*) from {tabla}");
        let cuenta = sqlx::query_scalar(sqlx::AssertSqlSafe(consulta)).fetch_one(&self.pool).await;
        cuenta.expect("counts")
    }
}

pub fn decodificado<D: Mensaje>(saliente: &Saliente) -> Recibido<D> {
    let procedencia = Procedencia { tema: &saliente.tema, posicion: "1:1:0".to_owned(), publicado: ahora() };
    decodificar(&saliente.carga, None, &procedencia).expect("decodes")
}

fn entrante(saliente: &Saliente) -> Entrante {
    Entrante {
        tema: Arc::from(saliente.tema.as_str()),
        posicion: Posicion { ledger: 1, entry: 1, indice: -1 },
        propiedades: saliente.propiedades.clone(),
        carga: saliente.carga.clone(),
        escritor: None,
        publicado: ahora(),
    }
}

/// A request with every field, and personal data to look for afterwards.
pub fn cuerpo() -> Value {
    json!({
        "modalidad": "RX", "patologia": "neumonia", "region_anatomica": "torax", "formato_imagen": "DICOM",
        "fuente_de_datos": "hospital-1", "antecedentes": ANTECEDENTES, "id_paciente": PACIENTE,
        "fecha_ingesta": "2024-02-01 09:10:00",
    })
}

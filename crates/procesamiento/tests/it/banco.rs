//! The service on a test database, with a broker that remembers what it was sent.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, HeaderValue, Request, StatusCode, header};
use bandejas::Despachador;
use cifrado::Cifrador;
use contratos::{ComandoAnonimizarImagen, Mensaje, Procedencia, Recibido, Saliente, ahora, decodificar, temas};
use mensajeria::{Desenlace, Entrante, ErrorManejo, ErrorPublicacion, Manejador, Posicion, Publicar};
use procesamiento::aplicacion::BarrerObjetos;
use procesamiento::composicion::{Suelo, armar};
use procesamiento::infraestructura::{AjustesPropios, Almacen, PgObjetos};
use procesamiento::{AJUSTES, Ajustes};
use secrecy::SecretString;
use serde_json::{Value, json};
use servidor::{Limites, aplicar_capas};
use sqlx::PgPool;
use tempfile::TempDir;
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
    almacenes: TempDir,
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
    fn todo(&self) -> Vec<u8> {
        let enviados = self.enviados.lock().unwrap_or_else(PoisonError::into_inner);
        enviados.iter().flat_map(|saliente| saliente.carga.clone()).collect()
    }

    fn de_tipo<D: Mensaje>(&self) -> Vec<Saliente> {
        let tema = temas::por_tipo(D::TIPO).expect("a topic").nombre;
        let enviados = self.enviados.lock().unwrap_or_else(PoisonError::into_inner);
        enviados.iter().filter(|saliente| saliente.tema == tema).cloned().collect()
    }
}

impl Banco {
    pub async fn nuevo(pool: PgPool) -> Self {
        Self::con(pool, &[]).await
    }

    /// With some lines of the default settings written otherwise.
    pub async fn con(pool: PgPool, otras: &[(&str, &str)]) -> Self {
        procesamiento::migrar(&pool).await.expect("migrates");
        let (tareas, cierre) = (TaskTracker::new(), CancellationToken::new());
        let broker = Arc::new(Broker::default());
        let despachador = Despachador::iniciar(pool.clone(), broker.clone(), &tareas, &cierre);
        let cifrador = Arc::new(Cifrador::nuevo(&SecretString::from(MAESTRA)).expect("key"));
        let almacenes = tempfile::tempdir().expect("a folder");
        let suelo = Suelo {
            pool: &pool,
            despachador: &despachador,
            cifrador,
            programa: PathBuf::from(env!("CARGO_BIN_EXE_procesamiento")),
            fondo: cierre.clone(),
        };
        let piezas = armar(suelo, &ajustes(almacenes.path(), otras)).expect("wires");
        let router = aplicar_capas(piezas.rutas, Limites::default());
        tareas.spawn(piezas.barrendero.barrer(cierre.clone()));
        Self { pool, router, manejador: piezas.manejador, broker, almacenes, _cierre: cierre.drop_guard() }
    }

    pub async fn enviar(&self, cuerpo: &Value, cabeceras: &[(&'static str, &str)]) -> Respuesta {
        let peticion = Request::post("/procesamiento/procesar-imagen").header(header::CONTENT_TYPE, "application/json");
        self.pedir(peticion.body(Body::from(cuerpo.to_string())).expect("a request"), cabeceras).await
    }

    /// Sends a body of any type.
    pub async fn enviar_bytes(
        &self,
        ruta: &str,
        tipo: &str,
        cuerpo: Vec<u8>,
        cabeceras: &[(&'static str, &str)],
    ) -> Respuesta {
        let peticion = Request::post(ruta).header(header::CONTENT_TYPE, tipo).body(Body::from(cuerpo));
        self.pedir(peticion.expect("a request"), cabeceras).await
    }

    /// The objects of a store, and whatever else lies in its folder.
    pub fn objetos(&self, almacen: &str) -> Vec<Vec<u8>> {
        let raiz = self.almacenes.path().join(almacen);
        ["objetos", "temporales"].iter().flat_map(|carpeta| archivos(&raiz.join(carpeta))).collect()
    }

    /// Leaves an object of no image behind, last written at an instant.
    pub fn abandonar(&self, almacen: &str, nombre: &str, instante: SystemTime) {
        let carpeta = self.almacenes.path().join(almacen).join("objetos");
        for nombre in ["objetos", "temporales"] {
            std::fs::create_dir_all(carpeta.with_file_name(nombre)).expect("a folder");
        }
        let archivo = std::fs::File::create(carpeta.join(nombre)).expect("a file");
        archivo.set_modified(instante).expect("a time");
    }

    /// Sweeps what has been of no image for an hour.
    pub async fn barrer_huerfanos(&self) -> usize {
        let almacen = Arc::new(Almacen::abrir(&ajustes(self.almacenes.path(), &[]).almacen).expect("opens"));
        let barrer = BarrerObjetos::nuevo(Arc::new(PgObjetos::nuevo(self.pool.clone())), almacen);
        barrer.huerfanos(ahora() - chrono::TimeDelta::hours(1)).await.expect("sweeps")
    }

    /// Loses the objects of a store.
    pub fn vaciar(&self, almacen: &str) {
        std::fs::remove_dir_all(self.almacenes.path().join(almacen).join("objetos")).expect("emptied");
    }

    /// Everything that the stores and the database hold, for a search.
    pub async fn volcado(&self) -> Vec<u8> {
        let mut todo = self.objetos("limpio").concat();
        for tabla in ["imagen", "paquete", "archivo", "borrado_pendiente", "bandejas.outbox", "bandejas.dead_letter"] {
            let consulta = format!("select coalesce(string_agg(t::text, ' '), '') from {tabla} t");
            let texto = sqlx::query_scalar::<_, String>(sqlx::AssertSqlSafe(consulta)).fetch_one(&self.pool).await;
            todo.extend(texto.expect("reads").into_bytes());
        }
        todo.extend(self.broker.todo());
        todo
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

pub fn contiene(bytes: &[u8], texto: &str) -> bool {
    bytes.windows(texto.len()).any(|ventana| ventana == texto.as_bytes())
}

fn archivos(carpeta: &Path) -> Vec<Vec<u8>> {
    let Ok(entradas) = std::fs::read_dir(carpeta) else { return Vec::new() };
    entradas.map(|entrada| std::fs::read(entrada.expect("an entry").path()).expect("a file")).collect()
}

/// The defaults, but for the folders and for lines that a test writes otherwise.
fn ajustes(almacenes: &Path, otras: &[(&str, &str)]) -> AjustesPropios {
    let mut texto = AJUSTES.replace("almacen/", &format!("{}/", almacenes.display()));
    for (linea, otra) in otras {
        assert!(texto.contains(linea), "{linea}");
        texto = texto.replace(linea, otra);
    }
    let completos = format!("{texto}\n[claves]\nmaestra = \"{MAESTRA}\"\n");
    ajustes::cargar::<Ajustes>(&completos).expect("the settings load").separar().1
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

use std::path::{Path, PathBuf};
use std::time::Duration;

use administracion::Admin;
use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};
use sqlx::PgPool;
use tokio::sync::{Mutex, MutexGuard};
use uuid::Uuid;

use crate::espera::esperar;
use crate::procesos::{self, OtraInstancia, Proceso};

/// One test at a time has the system.
static TURNO: Mutex<()> = Mutex::const_new(());

/// How long a saga may take on a busy machine.
const PLAZO: Duration = Duration::from_secs(30);

/// How often a killed broker is started again before the test gives up.
const ARRANQUES_DEL_BROKER: u32 = 4;
/// How long a start of it may take.
const ARRANQUE_DEL_BROKER: Duration = Duration::from_secs(40);

/// The running system, for the test that holds it.
pub struct Sistema {
    estado: PathBuf,
    valores: Value,
    http: Client,
    _turno: MutexGuard<'static, ()>,
}

/// An HTTP answer, read whole.
#[derive(Debug, Clone)]
pub struct Respuesta {
    pub estado: StatusCode,
    pub cabeceras: reqwest::header::HeaderMap,
    pub cuerpo: Value,
}

impl Respuesta {
    /// A header as text; empty when absent.
    pub fn cabecera(&self, nombre: &str) -> &str {
        self.cabeceras.get(nombre).and_then(|valor| valor.to_str().ok()).unwrap_or_default()
    }
}

/// What the test runner says.
///
/// # Panics
/// When it says nothing: these tests run under `cargo xtask test`.
#[expect(clippy::disallowed_methods, reason = "the test runner speaks through the environment")]
pub fn variable(nombre: &str) -> String {
    std::env::var(nombre).unwrap_or_else(|_| panic!("{nombre}: use `cargo xtask test`"))
}

impl Sistema {
    /// Waits for this test's turn and takes the system that `PRUEBAS_ENTORNO` names.
    ///
    /// # Panics
    /// When there is none: these tests run under `cargo xtask test`.
    pub async fn tomar() -> Self {
        let turno = TURNO.lock().await;
        let estado = PathBuf::from(variable("PRUEBAS_ENTORNO"));
        let valores = serde_json::from_slice(&std::fs::read(&estado).expect("estado.json")).expect("estado.json");
        let http = Client::builder().no_proxy().timeout(Duration::from_secs(30)).build().expect("cliente");
        let sistema = Self { estado, valores, http, _turno: turno };
        sistema.revivir().await;
        sistema
    }

    /// Starts what a test that failed left dead, so that one failure is not many.
    async fn revivir(&self) {
        for proceso in procesos::todos(&self.estado) {
            if !proceso.vive() {
                proceso.arrancar(&[]);
                if proceso.url().starts_with("http://") {
                    proceso.esperar_listo().await;
                }
            }
        }
    }

    pub fn proceso(&self, nombre: &str) -> Proceso {
        Proceso::nuevo(&self.estado, nombre)
    }

    /// Starts another instance of a service.
    pub async fn otra_instancia(&self, nombre: &str) -> OtraInstancia {
        OtraInstancia::nueva(&self.estado, nombre).await
    }

    /// Where the system keeps what it has running and its logs.
    pub fn carpeta(&self) -> &Path {
        self.estado.parent().expect("carpeta de estado.json")
    }

    /// Starts the killed broker again and waits until it is healthy, without the endless registration that its
    /// predecessor may have left it. One that clients ask for topics while it starts may wait for itself for ever:
    /// it is killed and started once more, as a supervisor would.
    pub async fn volver_a_tener_broker(&self) {
        let broker = self.proceso("pulsar");
        let admin = Admin::nuevo(&self.url_admin(), &self.texto("espacio")).expect("administración");
        for _ in 0..ARRANQUES_DEL_BROKER {
            broker.arrancar(&[]);
            if !llega_a_estar_sano(&admin).await {
                broker.matar().await;
                continue;
            }
            if !admin.registro_en_bucle().await.expect("métricas del broker") {
                return;
            }
            broker.detener().await;
        }
        panic!("el broker no se asienta tras {ARRANQUES_DEL_BROKER} arranques");
    }

    /// The folder where the mails of the local mode land.
    pub fn correos(&self) -> PathBuf {
        PathBuf::from(self.texto("correos"))
    }

    pub fn url_pulsar(&self) -> String {
        self.texto("pulsar")
    }

    pub fn url_admin(&self) -> String {
        self.texto("pulsar_admin")
    }

    fn texto(&self, clave: &str) -> String {
        self.valores[clave].as_str().expect("texto en estado.json").to_owned()
    }

    /// A connection to a service's database.
    pub async fn base(&self, nombre: &str) -> PgPool {
        let url = self.texto("postgres");
        let (servidor, _) = url.rsplit_once('/').expect("url de postgres");
        PgPool::connect(&format!("{servidor}/{nombre}")).await.expect("base de datos")
    }

    /// A request to the public door.
    pub async fn pedir(
        &self,
        metodo: Method,
        ruta: &str,
        cuerpo: Option<&Value>,
        cabeceras: &[(&str, &str)],
    ) -> Respuesta {
        self.pedir_a("bff-web", metodo, ruta, cuerpo, cabeceras).await
    }

    /// A request to a service by its process name.
    pub async fn pedir_a(
        &self,
        proceso: &str,
        metodo: Method,
        ruta: &str,
        cuerpo: Option<&Value>,
        cabeceras: &[(&str, &str)],
    ) -> Respuesta {
        let url = format!("{}{ruta}", self.proceso(proceso).url());
        let mut peticion = self.http.request(metodo, url);
        for (nombre, valor) in cabeceras {
            peticion = peticion.header(*nombre, *valor);
        }
        if let Some(cuerpo) = cuerpo {
            peticion = peticion.json(cuerpo);
        }
        let respuesta = peticion.send().await.expect("respuesta");
        let (estado, cabeceras) = (respuesta.status(), respuesta.headers().clone());
        let texto = respuesta.text().await.expect("cuerpo");
        let cuerpo = serde_json::from_str(&texto).unwrap_or(Value::String(texto));
        Respuesta { estado, cabeceras, cuerpo }
    }

    pub async fn leer(&self, ruta: &str) -> Respuesta {
        self.pedir(Method::GET, ruta, None, &[]).await
    }

    pub async fn publicar(&self, ruta: &str, cuerpo: &Value) -> Respuesta {
        self.pedir(Method::POST, ruta, Some(cuerpo), &[]).await
    }

    pub async fn poner(&self, ruta: &str, cuerpo: &Value) -> Respuesta {
        let respuesta = self.pedir(Method::PUT, ruta, Some(cuerpo), &[]).await;
        assert!(respuesta.estado.is_success(), "PUT {ruta}: {respuesta:?}");
        respuesta
    }

    /// Subscribes a client and answers the resources of the operation once its owner knows it.
    pub async fn suscribir(&self, cliente: &str, plan: &str) -> Value {
        let aceptada = self.publicar("/suscripciones/suscripcion-comando", &cuerpo_suscripcion(cliente, plan)).await;
        assert_eq!(aceptada.estado, StatusCode::ACCEPTED, "{:?}", aceptada.cuerpo);
        self.recursos(aceptada.cabecera("location")).await
    }

    /// The resources of an operation, once its owner has attended it.
    pub async fn recursos(&self, operacion: &str) -> Value {
        self.atendida(operacion).await["recursos"].take()
    }

    /// An operation, once its owner has attended it.
    pub async fn atendida(&self, operacion: &str) -> Value {
        esperar("la operación se atiende", PLAZO, async || {
            let leida = self.leer(operacion).await;
            (leida.cuerpo["estado"] != "aceptada" && leida.estado.is_success()).then_some(leida.cuerpo)
        })
        .await
    }

    /// Sends a command and answers its operation once its owner has attended it.
    pub async fn ordenar(&self, ruta: &str, cuerpo: &Value) -> Value {
        let aceptada = self.publicar(ruta, cuerpo).await;
        assert_eq!(aceptada.estado, StatusCode::ACCEPTED, "{:?}", aceptada.cuerpo);
        self.atendida(aceptada.cabecera("location")).await
    }

    /// The saga once it ended.
    pub async fn saga_terminada(&self, recursos: &Value) -> Value {
        self.saga_terminada_en(recursos, PLAZO).await
    }

    /// The same where something else than the machine takes its time.
    pub async fn saga_terminada_en(&self, recursos: &Value, plazo: Duration) -> Value {
        let id = recursos["id_saga"].as_str().expect("la operación nombra su saga").to_owned();
        esperar("la saga termina", plazo, async || {
            let saga = self.leer(&format!("/sagas/{id}")).await.cuerpo;
            let fase = saga["fase"].as_str()?;
            (!matches!(fase, "avanzando" | "deshaciendo")).then_some(saga)
        })
        .await
    }

    /// The notifications of a subscription, once there is one that reached its end.
    pub async fn notificaciones(&self, recursos: &Value) -> Vec<Value> {
        let id = recursos["id_suscripcion"].as_str().expect("suscripción").to_owned();
        esperar("la notificación llega a su fin", PLAZO, async || {
            let lista = self.leer(&format!("/notificaciones?id_suscripcion={id}")).await.cuerpo;
            let elementos = lista["elementos"].as_array()?.clone();
            let terminada = |n: &Value| n["estado"] == "confirmada" || n["estado"] == "fallida";
            (!elementos.is_empty() && elementos.iter().all(terminada)).then_some(elementos)
        })
        .await
    }
}

async fn llega_a_estar_sano(admin: &Admin) -> bool {
    let espera = async {
        while !admin.sano().await {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    tokio::time::timeout(ARRANQUE_DEL_BROKER, espera).await.is_ok()
}

/// A client code that no other test uses.
#[expect(clippy::disallowed_methods, reason = "tests need fresh codes")]
pub fn cliente_nuevo() -> String {
    format!("c-{}", Uuid::now_v7().simple())
}

/// The user's own JSON, for another client and plan.
pub fn cuerpo_suscripcion(cliente: &str, plan: &str) -> Value {
    json!({
        "cliente": {
            "codigo": cliente,
            "nombre": {"nombres": "Pablo", "apellidos": "Perez Prieto"},
            "usuario": "pperez",
            "rut": {"numero": 123457890},
            "cedula": {"numero": 123457890},
            "email": format!("{cliente}@domain.com"),
        },
        "plan": {"codigo": plan, "nombre": plan.to_uppercase()},
        "facturas": [],
    })
}

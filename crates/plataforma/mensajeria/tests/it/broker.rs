//! A namespace of its own for each test, so that tests share a broker and nothing else.

use contratos::temas::TEMAS;
use std::time::Duration;

use contratos::{Cabecera, EventoSuscripcionPagada, Mensaje, Saliente, ahora, codificar, id_nuevo};
use mensajeria::{AjustesPulsar, Consumo, Grupo, Mensajeria};
use reqwest::{Client, Method};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub const SUSCRIPCION: &str = "pruebas";
const PLAZO: Duration = Duration::from_secs(30);

pub struct Broker {
    url: String,
    admin: String,
    espacio: String,
    http: Client,
}

/// A process as far as messaging goes.
pub struct Proceso {
    pub mensajeria: Mensajeria,
    tareas: TaskTracker,
    cierre: CancellationToken,
}

#[expect(clippy::disallowed_methods, reason = "the runner of the tests tells where the broker is")]
fn direccion(variable: &str) -> String {
    std::env::var(variable).unwrap_or_else(|_| panic!("set {variable}: these tests need a running Pulsar"))
}

impl Broker {
    /// A fresh namespace with these topics, where none comes to be by itself.
    pub async fn con_temas(temas: &[&str]) -> Self {
        let espacio = format!("public/prueba-{}", id_nuevo().simple());
        let (url, admin) = (direccion("PULSAR_URL"), direccion("PULSAR_ADMIN_URL"));
        let broker = Self { url, admin, espacio, http: Client::new() };
        let ruta = format!("namespaces/{}", broker.espacio);
        broker.pedir(Method::PUT, &ruta, json!({})).await;
        let nada_solo = json!({"allowAutoTopicCreation": false});
        broker.pedir(Method::POST, &format!("{ruta}/autoTopicCreation"), nada_solo).await;
        for tema in temas {
            broker.crear(tema).await;
        }
        broker
    }

    pub async fn crear(&self, tema: &str) {
        self.tema(Method::PUT, tema, "").await;
    }

    pub fn proceso(&self) -> Proceso {
        self.proceso_en(&self.url)
    }

    pub fn proceso_en(&self, url: &str) -> Proceso {
        let ajustes = AjustesPulsar { url: url.to_owned(), espacio: self.espacio.clone() };
        let (tareas, cierre) = (TaskTracker::new(), CancellationToken::new());
        Proceso { mensajeria: Mensajeria::nueva(&ajustes, &tareas, &cierre), tareas, cierre }
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    pub fn nombre_completo(&self, tema: &str) -> String {
        format!("persistent://{}/{tema}", self.espacio)
    }

    /// Registers a schema of somebody else before ours.
    pub async fn registrar(&self, tema: &str, avsc: Value) {
        let cuerpo = json!({"type": "AVRO", "schema": avsc.to_string(), "properties": {}});
        self.pedir(Method::POST, &format!("schemas/{}/{tema}/schema", self.espacio), cuerpo).await;
    }

    /// Makes the broker close the topic, as when another broker takes it over.
    pub async fn descargar(&self, tema: &str) {
        self.tema(Method::PUT, tema, "/unload").await;
    }

    /// Entries of the subscription that nobody acknowledged.
    pub async fn pendientes(&self, tema: &str) -> Option<u64> {
        let estado = self.tema(Method::GET, tema, "/stats").await;
        estado["subscriptions"][SUSCRIPCION]["msgBacklog"].as_u64()
    }

    /// How many consumers the subscription of these tests has.
    pub async fn consumidores(&self, tema: &str) -> Option<usize> {
        let estado = self.tema(Method::GET, tema, "/stats").await;
        estado["subscriptions"][SUSCRIPCION]["consumers"].as_array().map(Vec::len)
    }

    /// The subscriptions of a topic, once those that end have ended.
    pub async fn suscripciones(&self, tema: &str) -> Vec<String> {
        let limite = Instant::now() + PLAZO;
        loop {
            let estado = self.tema(Method::GET, tema, "/stats").await;
            let suscripciones = estado["subscriptions"].as_object().expect("subscriptions");
            let nombres: Vec<String> = suscripciones.keys().cloned().collect();
            if nombres.is_empty() || Instant::now() > limite {
                return nombres;
            }
            sleep(Duration::from_millis(50)).await;
        }
    }

    pub async fn sin_pendientes(&self, tema: &str) {
        let limite = Instant::now() + PLAZO;
        while self.pendientes(tema).await != Some(0) {
            assert!(Instant::now() < limite, "{tema} still has messages to acknowledge");
            sleep(Duration::from_millis(50)).await;
        }
    }

    async fn tema(&self, metodo: Method, tema: &str, resto: &str) -> Value {
        self.pedir(metodo, &format!("persistent/{}/{tema}{resto}", self.espacio), Value::Null).await
    }

    async fn pedir(&self, metodo: Method, ruta: &str, cuerpo: Value) -> Value {
        let peticion = self.http.request(metodo, format!("{}/admin/v2/{ruta}", self.admin)).json(&cuerpo);
        let respuesta = peticion.send().await.expect("the admin port answers");
        let (estado, texto) = (respuesta.status(), respuesta.text().await.expect("a body"));
        assert!(estado.is_success(), "{ruta}: {estado} {texto}");
        serde_json::from_str(&texto).unwrap_or_default()
    }
}

impl Proceso {
    pub fn consumir<H>(&self, temas: &[&str], oficina: &std::sync::Arc<H>) -> Consumo
    where
        H: mensajeria::Manejador + mensajeria::Cuarentena + 'static,
    {
        self.mensajeria.consumir(Grupo {
            nombre: "pruebas",
            temas: temas.iter().map(|tema| (*tema).to_owned()).collect(),
            suscripcion: SUSCRIPCION.to_owned(),
            manejador: std::sync::Arc::clone(oficina) as _,
            cuarentena: std::sync::Arc::clone(oficina) as _,
            maximo: 64,
            adelanto: Grupo::ADELANTO,
        })
    }

    pub async fn listo(&self) {
        hasta("the process is ready", || async { self.mensajeria.comprobar().await.is_ok() }).await;
    }

    pub async fn cerrar(self) {
        self.cierre.cancel();
        self.tareas.close();
        tokio::time::timeout(PLAZO, self.tareas.wait()).await.expect("the process closes in time");
    }
}

/// Waits for a condition.
pub async fn hasta<F: Future<Output = bool>>(que: &str, mut condicion: impl FnMut() -> F) {
    let limite = Instant::now() + PLAZO;
    while !condicion().await {
        assert!(Instant::now() < limite, "waited in vain until {que}");
        sleep(Duration::from_millis(20)).await;
    }
}

pub const PAGADA: &str = tema(EventoSuscripcionPagada::TIPO);

/// The topic of a message type; it exists, or this does not compile.
pub const fn tema(tipo: &str) -> &'static str {
    let mut i = 0;
    while !iguales(TEMAS[i].tipo, tipo) {
        i += 1;
    }
    TEMAS[i].nombre
}

const fn iguales(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let mut i = 0;
    while i < a.len() && i < b.len() && a[i] == b[i] {
        i += 1;
    }
    i == a.len() && i == b.len()
}

/// A message of the topic of payments that its number tells from the others.
pub fn pagada(numero: usize) -> Saliente {
    pagada_de(numero, 0)
}

/// The same with so many bytes of content.
pub fn pagada_de(numero: usize, bytes: usize) -> Saliente {
    let estado = Some("x".repeat(bytes));
    let datos = EventoSuscripcionPagada { factura_numero: Some(numero.to_string()), estado, ..Default::default() };
    codificar(&Cabecera::nueva(id_nuevo(), "pruebas", ahora()), &datos).expect("encodes")
}

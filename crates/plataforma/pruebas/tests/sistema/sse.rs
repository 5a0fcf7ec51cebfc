//! The live stream of a saga, read as a browser's `EventSource` reads it.

use std::time::Duration;

use pruebas::{Sistema, cliente_nuevo, esperar};
use reqwest::{Response, StatusCode};
use serde_json::Value;
use uuid::Uuid;

/// How long a stream may take to say something: more than its heartbeat.
const PLAZO: Duration = Duration::from_secs(20);
/// Readers that leave at once.
const ABANDONOS: usize = 64;

/// What a stream says: an event with its fields, or a comment, which keeps the connection alive.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
struct Aviso {
    evento: String,
    id: Option<i64>,
    datos: String,
    comentario: bool,
}

impl Aviso {
    fn leer(bloque: &str) -> Self {
        let mut aviso = Self::default();
        for linea in bloque.lines() {
            let (campo, valor) = linea.split_once(':').unwrap_or((linea, ""));
            let valor = valor.strip_prefix(' ').unwrap_or(valor);
            match campo {
                "" => aviso.comentario = true,
                "event" => valor.clone_into(&mut aviso.evento),
                "id" => aviso.id = Some(valor.parse().expect("una versión")),
                "data" => aviso.datos.push_str(valor),
                otro => panic!("campo desconocido: {otro}"),
            }
        }
        aviso
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.datos).expect("datos en JSON")
    }
}

/// An open stream and what came of it that is no whole event yet.
struct Flujo {
    respuesta: Response,
    resto: String,
}

impl Flujo {
    async fn abrir(sistema: &Sistema, saga: &str, ultimo: Option<i64>) -> Self {
        let respuesta = pedir(sistema, saga, ultimo).await;
        assert_eq!(respuesta.status(), StatusCode::OK);
        let cabecera = |nombre| respuesta.headers().get(nombre).map(|valor| valor.to_str().expect("texto").to_owned());
        assert_eq!(cabecera("content-type").as_deref(), Some("text/event-stream"));
        assert_eq!(cabecera("cache-control").as_deref(), Some("no-cache"));
        Self { respuesta, resto: String::new() }
    }

    /// The next event or comment; `None` when the stream has ended as it should.
    async fn siguiente(&mut self) -> Option<Aviso> {
        loop {
            if let Some((bloque, resto)) = self.resto.split_once("\n\n") {
                let aviso = Aviso::leer(bloque);
                self.resto = resto.to_owned();
                return Some(aviso);
            }
            let trozo = tokio::time::timeout(PLAZO, self.respuesta.chunk()).await.expect("el flujo calla");
            let Some(trozo) = trozo.expect("el flujo se corta") else {
                assert_eq!(self.resto, "", "el flujo acaba a medias");
                return None;
            };
            self.resto.push_str(std::str::from_utf8(&trozo).expect("utf-8"));
        }
    }

    async fn transicion(&mut self) -> i64 {
        let aviso = self.siguiente().await.expect("un evento");
        assert_eq!(aviso.evento, "transicion", "{aviso:?}");
        aviso.id.expect("cada transición lleva su versión")
    }

    /// Every event until the end.
    async fn hasta_el_fin(mut self) -> Vec<Aviso> {
        let mut avisos = Vec::new();
        while let Some(aviso) = self.siguiente().await {
            if !aviso.comentario {
                avisos.push(aviso);
            }
        }
        avisos
    }
}

async fn pedir(sistema: &Sistema, saga: &str, ultimo: Option<i64>) -> Response {
    let url = format!("{}/sagas/{saga}/eventos", sistema.proceso("bff-web").url());
    let cliente = reqwest::Client::builder().no_proxy().build().expect("cliente");
    let peticion = cliente.get(url).header("accept", "text/event-stream");
    let peticion = match ultimo {
        Some(version) => peticion.header("last-event-id", version),
        None => peticion,
    };
    peticion.send().await.expect("respuesta")
}

fn id_saga(recursos: &Value) -> String {
    recursos["id_saga"].as_str().expect("saga").to_owned()
}

fn versiones(avisos: &[Aviso]) -> Vec<i64> {
    avisos.iter().filter_map(|aviso| aviso.id).collect()
}

/// The steps in the order in which the transitions tell them done.
fn hechos(avisos: &[Aviso]) -> Vec<String> {
    let transiciones = avisos.iter().filter(|aviso| aviso.evento == "transicion").map(Aviso::json);
    transiciones
        .flat_map(|transicion| transicion["entrada"]["cambios"].as_array().expect("cambios").clone())
        .filter(|cambio| cambio["tipo"] == "hecho")
        .map(|cambio| cambio["paso"].as_str().expect("paso").to_owned())
        .collect()
}

/// The last event names the outcome and nothing comes after it.
fn comprobar_fin(avisos: &[Aviso], fase: &str) {
    let fines: Vec<usize> = (0..avisos.len()).filter(|&i| avisos[i].evento == "fin").collect();
    assert_eq!(fines, [avisos.len() - 1], "{avisos:#?}");
    let fin = avisos.last().expect("un último evento");
    assert_eq!((fin.id, &fin.json()["fase"]), (None, &Value::from(fase)));
}

#[tokio::test]
async fn el_flujo_cuenta_cada_version_una_vez_y_en_orden_y_acaba_con_la_saga() {
    let sistema = Sistema::tomar().await;
    for (plan, fase) in [("pro", "completada"), ("pro_plus", "compensada")] {
        let recursos = sistema.suscribir(&cliente_nuevo(), plan).await;
        let avisos = Flujo::abrir(&sistema, &id_saga(&recursos), None).await.hasta_el_fin().await;
        let saga = sistema.saga_terminada(&recursos).await;
        let version = saga["version"].as_i64().expect("versión");
        assert_eq!(versiones(&avisos), (1..=version).collect::<Vec<_>>());
        let contados: Vec<Value> = avisos[..avisos.len() - 1].iter().map(Aviso::json).collect();
        assert_eq!(Value::from(contados), saga["linea_de_tiempo"]);
        let pasos = saga["pasos"].as_array().expect("pasos").iter();
        let en_orden: Vec<&str> = pasos.map(|paso| paso["clave"].as_str().expect("clave")).collect();
        let hechos = hechos(&avisos);
        assert_eq!(hechos, en_orden[..hechos.len()], "los pasos en el orden del flujo");
        assert_eq!(hechos.len() == en_orden.len(), fase == "completada");
        comprobar_fin(&avisos, fase);
    }
}

#[tokio::test]
async fn quien_vuelve_recibe_solo_lo_que_sigue_y_nada_si_ya_lo_vio_todo() {
    let sistema = Sistema::tomar().await;
    let recursos = sistema.suscribir(&cliente_nuevo(), "pro").await;
    let ultima = sistema.saga_terminada(&recursos).await["version"].as_i64().expect("versión");
    let saga = id_saga(&recursos);
    for vista in [0, 3, ultima - 1] {
        let avisos = Flujo::abrir(&sistema, &saga, Some(vista)).await.hasta_el_fin().await;
        assert_eq!(versiones(&avisos), (vista + 1..=ultima).collect::<Vec<_>>());
        comprobar_fin(&avisos, "completada");
    }
    let otra_vez = pedir(&sistema, &saga, Some(ultima)).await;
    assert_eq!(otra_vez.status(), StatusCode::NO_CONTENT, "con 204 un EventSource ya no vuelve");
    assert_eq!(otra_vez.text().await.expect("cuerpo"), "");
}

#[tokio::test]
async fn una_saga_desconocida_responde_404_con_su_problema() {
    let sistema = Sistema::tomar().await;
    for saga in [&Uuid::from_u128(7).to_string(), "no-es-un-id"] {
        let respuesta = pedir(&sistema, saga, None).await;
        assert_eq!(respuesta.status(), StatusCode::NOT_FOUND);
        assert_eq!(respuesta.headers()["content-type"], "application/problem+json");
        let problema: Value = respuesta.json().await.expect("json");
        assert_eq!((&problema["status"], &problema["code"]), (&Value::from(404), &Value::from("no_encontrado")));
    }
}

/// Connections that others keep open with a process at its own address.
fn conexiones(sistema: &Sistema, proceso: &str) -> usize {
    const ESTABLECIDA: &str = "01";
    let url = sistema.proceso(proceso).url();
    let puerto: u16 = url.rsplit_once(':').and_then(|(_, puerto)| puerto.parse().ok()).expect("puerto");
    let local = format!(":{puerto:04X}");
    let tabla = std::fs::read_to_string("/proc/net/tcp").expect("tabla de conexiones");
    let campos = tabla.lines().skip(1).map(|linea| linea.split_whitespace().collect::<Vec<_>>());
    campos.filter(|campos| campos[1].ends_with(&local) && campos[3] == ESTABLECIDA).count()
}

/// Opens many streams, reads the first event of each and leaves; both processes let all of them go.
async fn abandonar(sistema: &Sistema, saga: &str) {
    let procesos = ["bff-web", "suscripciones"];
    let abrir = (0..ABANDONOS).map(|_| async {
        let mut flujo = Flujo::abrir(sistema, saga, None).await;
        assert_eq!(flujo.transicion().await, 1);
        flujo
    });
    let flujos = futures::future::join_all(abrir).await;
    for proceso in procesos {
        assert!(conexiones(sistema, proceso) >= ABANDONOS, "{proceso} sirve todos los flujos");
        sistema.proceso(proceso).esperar_listo().await;
    }
    drop(flujos);
    for proceso in procesos {
        // A few connections are kept for the requests to come.
        let libre = || conexiones(sistema, proceso) < ABANDONOS / 2;
        esperar(&format!("{proceso} suelta los flujos"), PLAZO, async || libre().then_some(())).await;
        sistema.proceso(proceso).esperar_listo().await;
    }
}

#[tokio::test]
async fn un_lector_que_se_va_o_no_lee_no_estorba_y_al_volver_no_pierde_nada() {
    let sistema = Sistema::tomar().await;
    let notificaciones = sistema.proceso("notificaciones");
    // Without it the saga waits at its last step for as long as this test needs.
    notificaciones.detener().await;
    let recursos = sistema.suscribir(&cliente_nuevo(), "pro").await;
    let saga = id_saga(&recursos);
    let mut lento = Flujo::abrir(&sistema, &saga, None).await;
    assert_eq!(lento.transicion().await, 1);
    abandonar(&sistema, &saga).await;
    let mut vivo = Flujo::abrir(&sistema, &saga, None).await;
    let mut vista = 0;
    while let Some(aviso) = vivo.siguiente().await.filter(|aviso| !aviso.comentario) {
        vista = aviso.id.expect("versión");
    }
    assert!(vista > 1, "el flujo calla con un comentario, no se acaba");
    drop(vivo);
    let vuelve = Flujo::abrir(&sistema, &saga, Some(vista)).await;
    notificaciones.arrancar(&[]);
    notificaciones.esperar_listo().await;
    let resto = vuelve.hasta_el_fin().await;
    let ultima = sistema.saga_terminada(&recursos).await["version"].as_i64().expect("versión");
    assert_eq!(versiones(&resto), (vista + 1..=ultima).collect::<Vec<_>>());
    comprobar_fin(&resto, "completada");
    let atrasado = lento.hasta_el_fin().await;
    assert_eq!(versiones(&atrasado), (2..=ultima).collect::<Vec<_>>());
    comprobar_fin(&atrasado, "completada");
}

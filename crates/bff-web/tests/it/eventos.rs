use crate::apoyo::Entorno;
use axum::body::{Body, Bytes};
use axum::http::{Request, StatusCode};
use futures::{Stream, StreamExt};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const RUTA: &str = "/sagas/0190a6e4-2c1b-7000-8000-0000000000aa/eventos";
const PLAZO: Duration = Duration::from_secs(5);

/// The source of a stream of events, one connection under the test's own hand.
struct Fuente {
    oyente: TcpListener,
}

impl Fuente {
    async fn en_lugar_de_suscripciones(entorno: &mut Entorno) -> Self {
        let direccion = entorno.servicios.suscripciones.url.trim_start_matches("http://").to_owned();
        entorno.servicios.suscripciones.caer().await;
        Self { oyente: TcpListener::bind(direccion).await.expect("the address again") }
    }

    /// Takes the request and begins its answer.
    async fn aceptar(&self) -> (TcpStream, String) {
        let (mut conexion, _) = self.oyente.accept().await.expect("a connection");
        let mut leido = vec![0; 4096];
        let largo = conexion.read(&mut leido).await.expect("a request");
        let cabecera = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
        conexion.write_all(cabecera.as_bytes()).await.expect("written");
        (conexion, String::from_utf8_lossy(&leido[..largo]).to_lowercase())
    }
}

async fn emitir(conexion: &mut TcpStream, evento: &str) {
    let trozo = format!("{:x}\r\n{evento}\r\n", evento.len());
    conexion.write_all(trozo.as_bytes()).await.expect("written");
}

async fn siguiente(eventos: &mut (impl Stream<Item = Result<Bytes, axum::Error>> + Unpin)) -> Option<String> {
    let trozo = tokio::time::timeout(PLAZO, eventos.next()).await.expect("in time");
    trozo.map(|trozo| String::from_utf8_lossy(&trozo.expect("a chunk")).into_owned())
}

fn peticion() -> Request<Body> {
    Request::get(RUTA).header("last-event-id", "3").body(Body::empty()).expect("a request")
}

#[tokio::test]
async fn cada_evento_pasa_en_cuanto_llega_y_el_flujo_acaba_con_el_proceso() {
    let mut entorno = Entorno::nuevo().await;
    let fuente = Fuente::en_lugar_de_suscripciones(&mut entorno).await;
    let (respuesta, (mut conexion, pedido)) = tokio::join!(entorno.abrir(peticion()), fuente.aceptar());
    assert_eq!(respuesta.status(), StatusCode::OK);
    assert_eq!(respuesta.headers()["content-type"], "text/event-stream");
    assert!(pedido.contains(&format!("get {RUTA} ")) && pedido.contains("last-event-id: 3"), "{pedido}");

    let mut eventos = respuesta.into_body().into_data_stream();
    for evento in ["id: 4\ndata: a\n\n", "id: 5\ndata: b\n\n"] {
        emitir(&mut conexion, evento).await;
        assert_eq!(siguiente(&mut eventos).await.as_deref(), Some(evento));
    }
    entorno.cierre.cancel();
    assert_eq!(siguiente(&mut eventos).await, None);
}

#[tokio::test]
async fn un_flujo_puede_callar_mas_que_una_consulta() {
    let mut entorno = Entorno::nuevo().await;
    let fuente = Fuente::en_lugar_de_suscripciones(&mut entorno).await;
    let (respuesta, (mut conexion, _)) = tokio::join!(entorno.abrir(peticion()), fuente.aceptar());
    let mut eventos = respuesta.into_body().into_data_stream();
    let callado = tokio::time::timeout(Duration::from_millis(2500), eventos.next()).await;
    assert!(callado.is_err());
    emitir(&mut conexion, "data: tarde\n\n").await;
    assert_eq!(siguiente(&mut eventos).await.as_deref(), Some("data: tarde\n\n"));
}

#[tokio::test]
async fn una_saga_sin_eventos_responde_su_problema() {
    let mut entorno = Entorno::nuevo().await;
    assert_eq!(entorno.obtener(RUTA).await.estado, StatusCode::NOT_FOUND);
    entorno.servicios.suscripciones.caer().await;
    let respuesta = entorno.obtener(RUTA).await;
    assert_eq!(respuesta.estado, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(respuesta.json()["parte"], "suscripciones");
}

use std::{future::pending, net::SocketAddr, sync::Arc, time::Duration};

use axum::{Router, routing::get};
use nix::sys::signal::{Signal, raise};
use servidor::{ErrorServidor, senal_de_cierre, servir, servir_en};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::Notify,
    task::JoinHandle,
    time::Instant,
};
use tokio_util::sync::CancellationToken;

struct Escuchando {
    direccion: SocketAddr,
    cierre: CancellationToken,
    fin: JoinHandle<()>,
}

async fn escuchar(router: Router) -> Escuchando {
    let oyente = TcpListener::bind("127.0.0.1:0").await.expect("binds");
    let direccion = oyente.local_addr().expect("has an address");
    let cierre = CancellationToken::new();
    let fin = tokio::spawn(servir_en(oyente, router, cierre.clone()));
    Escuchando { direccion, cierre, fin }
}

async fn enviar(direccion: SocketAddr, texto: &str) -> TcpStream {
    let mut conexion = TcpStream::connect(direccion).await.expect("connects");
    conexion.write_all(texto.as_bytes()).await.expect("writes");
    conexion
}

async fn leer_todo(mut conexion: TcpStream) -> String {
    let mut leido = Vec::new();
    conexion.read_to_end(&mut leido).await.expect("reads to the end");
    String::from_utf8(leido).expect("text")
}

/// A route that says when it was entered and waits until it may answer.
fn ruta_con_espera() -> (Router, Arc<Notify>, Arc<Notify>) {
    let (entrada, salida) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (dentro, seguir) = (entrada.clone(), salida.clone());
    let manejar = async move || {
        dentro.notify_one();
        seguir.notified().await;
        "hecho"
    };
    (Router::new().route("/", get(manejar)), entrada, salida)
}

#[tokio::test(start_paused = true)]
async fn unas_cabeceras_que_no_llegan_cierran_la_conexion_a_los_diez_segundos() {
    let servidor = escuchar(Router::new()).await;
    let comienzo = Instant::now();

    let conexion = enviar(servidor.direccion, "GET / HTTP/1.1\r\nHost: x\r\n").await;
    leer_todo(conexion).await;

    let tardo = comienzo.elapsed();
    assert!((10..12).contains(&tardo.as_secs()), "{tardo:?}");
}

#[tokio::test]
async fn el_cierre_espera_a_la_peticion_en_curso_y_no_admite_otras() {
    let (router, entrada, salida) = ruta_con_espera();
    let servidor = escuchar(router).await;
    let conexion = enviar(servidor.direccion, "GET / HTTP/1.1\r\nHost: x\r\n\r\n").await;
    entrada.notified().await;

    servidor.cierre.cancel();
    while TcpStream::connect(servidor.direccion).await.is_ok() {
        tokio::task::yield_now().await;
    }
    assert!(!servidor.fin.is_finished());
    salida.notify_one();

    assert!(leer_todo(conexion).await.ends_with("hecho"));
    servidor.fin.await.expect("ends well");
}

#[tokio::test(start_paused = true)]
async fn el_cierre_corta_lo_que_no_acaba_en_veinte_segundos() {
    let servidor = escuchar(Router::new().route("/", get(pending::<()>))).await;
    let conexion = enviar(servidor.direccion, "GET / HTTP/1.1\r\nHost: x\r\n\r\n").await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    let comienzo = Instant::now();

    servidor.cierre.cancel();
    servidor.fin.await.expect("ends well");

    assert_eq!(comienzo.elapsed().as_secs(), 20);
    assert_eq!(leer_todo(conexion).await, "");
}

#[tokio::test]
async fn una_direccion_ocupada_es_un_error_con_su_causa() {
    let ocupada = TcpListener::bind("127.0.0.1:0").await.expect("binds");
    let direccion = ocupada.local_addr().expect("has an address");

    let resultado = servir(Router::new(), direccion, CancellationToken::new()).await;

    assert!(matches!(resultado, Err(ErrorServidor::Escuchar { .. })));
}

#[tokio::test]
async fn sigterm_empieza_el_cierre() {
    let cierre = CancellationToken::new();
    senal_de_cierre(cierre.clone());
    // One turn of this single thread, so that the handler is in place before the signal.
    tokio::task::yield_now().await;

    raise(Signal::SIGTERM).expect("sends the signal");

    cierre.cancelled().await;
}

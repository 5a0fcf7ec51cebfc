use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::{GracefulShutdown, Watcher},
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpStream},
    signal::unix::{SignalKind, signal},
    sync::{OwnedSemaphorePermit, Semaphore},
    task::JoinSet,
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;

const PLAZO_DE_CABECERAS: Duration = Duration::from_secs(10);
const PLAZO_DE_CIERRE: Duration = Duration::from_secs(20);
const PAUSA_TRAS_FALLO: Duration = Duration::from_millis(200);
const CONEXIONES: usize = 4096;

/// Why a process cannot listen.
#[derive(Debug, thiserror::Error)]
pub enum ErrorServidor {
    #[error("cannot listen on {direccion}")]
    Escuchar {
        direccion: SocketAddr,
        #[source]
        causa: io::Error,
    },
}

/// Listens on `direccion` and serves `router` until `cierre`, then waits for the requests in progress.
///
/// Returns when the last one ended, after 20 s at most.
pub async fn servir(router: Router, direccion: SocketAddr, cierre: CancellationToken) -> Result<(), ErrorServidor> {
    let oyente = TcpListener::bind(direccion).await.map_err(|causa| ErrorServidor::Escuchar { direccion, causa })?;
    tracing::info!(%direccion, "listening");
    servir_en(oyente, router, cierre).await;
    Ok(())
}

/// [`servir`] on a socket that already listens.
pub async fn servir_en(oyente: TcpListener, router: Router, cierre: CancellationToken) {
    let aforo = Arc::new(Semaphore::new(CONEXIONES));
    let ordenado = GracefulShutdown::new();
    let mut conexiones = JoinSet::new();
    loop {
        let (conexion, permiso) = tokio::select! {
            () = cierre.cancelled() => break,
            Some(_) = conexiones.join_next() => continue,
            aceptada = aceptar(&oyente, &aforo) => aceptada,
        };
        conexiones.spawn(atender(conexion, permiso, router.clone(), ordenado.watcher()));
    }
    // The socket closes first, so that new clients go elsewhere while these finish.
    drop(oyente);
    let terminar = async {
        ordenado.shutdown().await;
        while conexiones.join_next().await.is_some() {}
    };
    if timeout(PLAZO_DE_CIERRE, terminar).await.is_err() {
        tracing::warn!("connections still open at the end of the shutdown were cut");
    }
}

/// Cancels `cierre` on SIGTERM or SIGINT.
pub fn senal_de_cierre(cierre: CancellationToken) {
    tokio::spawn(async move {
        match esperar_senal().await {
            Ok(senal) => tracing::info!(senal, "shutting down"),
            Err(error) => tracing::error!(%error, "signals cannot be received, shutting down"),
        }
        cierre.cancel();
    });
}

async fn esperar_senal() -> io::Result<&'static str> {
    let mut terminar = signal(SignalKind::terminate())?;
    let mut interrumpir = signal(SignalKind::interrupt())?;
    tokio::select! {
        _ = terminar.recv() => Ok("SIGTERM"),
        _ = interrumpir.recv() => Ok("SIGINT"),
    }
}

/// The next connection. Never fails: accept errors come from one client or pass by themselves.
async fn aceptar(oyente: &TcpListener, aforo: &Arc<Semaphore>) -> (TcpStream, Option<OwnedSemaphorePermit>) {
    // The semaphore is never closed, so there is always a permit to wait for.
    let permiso = aforo.clone().acquire_owned().await.ok();
    loop {
        match oyente.accept().await {
            Ok((conexion, _)) => return (conexion, permiso),
            Err(error) => {
                tracing::warn!(%error, "connection not accepted");
                sleep(PAUSA_TRAS_FALLO).await;
            }
        }
    }
}

async fn atender(conexion: TcpStream, permiso: Option<OwnedSemaphorePermit>, router: Router, vigia: Watcher) {
    if let Err(error) = conexion.set_nodelay(true) {
        tracing::debug!(%error, "nodelay not set");
    }
    let servida = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(PLAZO_DE_CABECERAS)
        .serve_connection(TokioIo::new(conexion), TowerToHyperService::new(router));
    // A failed connection is the client's doing (it left, or sent no valid HTTP).
    if let Err(error) = vigia.watch(servida).await {
        tracing::debug!(%error, "connection ended");
    }
    drop(permiso);
}

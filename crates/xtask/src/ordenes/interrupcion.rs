//! Ctrl-C: whatever was started is stopped before this process ends.

use std::future::Future;

use anyhow::{Context, Result, bail};
use tokio::signal::ctrl_c;
use tokio::signal::unix::{SignalKind, signal};

use crate::consola::{aviso, error};
use crate::entorno::Entorno;

/// Runs `trabajo`; if it fails or is interrupted, everything of `entorno` is stopped.
pub async fn o_bajar<T>(entorno: &Entorno, trabajo: impl Future<Output = Result<T>>) -> Result<T> {
    let resultado = tokio::select! {
        resultado = trabajo => resultado,
        cierre = esperar_cierre() => cierre.and_then(|()| bail!("interrumpido")),
    };
    if resultado.is_err()
        && let Err(otro) = entorno.bajar().await
    {
        error(&otro.context("además, no se pudo detener todo"));
    }
    resultado
}

/// Returns at the first Ctrl-C or SIGTERM.
pub async fn esperar_cierre() -> Result<()> {
    let mut termino = signal(SignalKind::terminate())?;
    tokio::select! {
        interrupcion = ctrl_c() => interrupcion.context("no se puede atender Ctrl-C")?,
        _ = termino.recv() => {}
    }
    aviso("cerrando");
    Ok(())
}

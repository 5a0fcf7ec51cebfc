//! The load: requests leave by the clock, and each is repeated with its key until it is accepted.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use anyhow::{Context, Result};
use reqwest::{Client, StatusCode};
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::pedidos::Pedido;
use crate::consola::Tarea;

const RUTA: &str = "/suscripciones/suscripcion-comando";
/// Between two attempts of one request.
const PAUSA: Duration = Duration::from_millis(500);
/// How long a request is repeated.
const PLAZO: Duration = Duration::from_secs(180);

/// What became of one request.
pub struct Envio {
    pub aceptado: bool,
    pub intentos: u32,
    /// From its moment to its 202.
    pub espera: Duration,
}

/// Sends every request, evenly over `duracion`, whatever the answers do.
pub async fn enviar(
    http: &Client,
    base: &str,
    pedidos: &[Pedido],
    duracion: Duration,
    tarea: &Tarea,
) -> Result<Vec<Envio>> {
    let inicio = Instant::now();
    let aceptados = Arc::new(AtomicU32::new(0));
    let mut envios = JoinSet::new();
    for (indice, pedido) in (0_u32..).zip(pedidos) {
        tokio::time::sleep_until(inicio + duracion * indice / u32::try_from(pedidos.len())?).await;
        let (http, url, pedido, aceptados) = (http.clone(), format!("{base}{RUTA}"), pedido.clone(), aceptados.clone());
        envios.spawn(async move {
            let envio = insistir(&http, &url, &pedido).await;
            aceptados.fetch_add(u32::from(envio.aceptado), Ordering::Relaxed);
            envio
        });
        tarea.avanzar(1);
    }
    let mut todos = Vec::with_capacity(pedidos.len());
    while let Some(envio) = envios.join_next().await {
        todos.push(envio.context("un envío no terminó")?);
    }
    Ok(todos)
}

async fn insistir(http: &Client, url: &str, pedido: &Pedido) -> Envio {
    let (inicio, cuerpo) = (Instant::now(), pedido.cuerpo());
    let mut intentos = 0;
    loop {
        intentos += 1;
        let respuesta = http.post(url).header("Idempotency-Key", &pedido.cliente).json(&cuerpo).send().await;
        let aceptado = respuesta.is_ok_and(|respuesta| respuesta.status() == StatusCode::ACCEPTED);
        if aceptado || inicio.elapsed() > PLAZO {
            return Envio { aceptado, intentos, espera: inicio.elapsed() };
        }
        tokio::time::sleep(PAUSA).await;
    }
}

//! `status`: what runs, where, and whether it is ready.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::Result;
use futures::future::join_all;
use reqwest::Client;

use crate::arranque::pendiente;
use crate::consola::{amarillo, aviso, azul, linea, negrita, rojo, titulo, verde};
use crate::estado::{self, Estado};
use crate::procesos::Proceso;
use crate::rutas;
use administracion::Admin;

/// Exit 0 only if everything is ready.
pub async fn ejecutar() -> Result<ExitCode> {
    let Some(estado) = estado::leer(&rutas::local())? else {
        aviso("no hay nada en marcha; cargo xtask up lo arranca");
        return Ok(ExitCode::FAILURE);
    };
    let cliente = Client::builder().no_proxy().timeout(Duration::from_secs(2)).build()?;
    let situaciones = join_all(estado.procesos.iter().map(|proceso| situacion(&cliente, &estado, proceso))).await;
    linea(negrita(format!("{:<16}{:>9}  {:<50}{}", "proceso", "pid", "dirección", "situación")));
    for (proceso, situacion) in estado.procesos.iter().zip(&situaciones) {
        let texto = match situacion {
            Situacion::Listo => verde("listo"),
            Situacion::Pendiente(motivo) => amarillo(motivo),
            Situacion::Caido => rojo(format!("caído; ver {}", rutas::corta(&proceso.registro))),
        };
        linea(format!("{:<16}{:>9}  {:<50}{texto}", proceso.nombre, proceso.pid, proceso.url));
    }
    let bien = situaciones.iter().all(|situacion| matches!(situacion, Situacion::Listo));
    Ok(if bien && estado.completo { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

enum Situacion {
    Listo,
    Pendiente(String),
    Caido,
}

async fn situacion(cliente: &Client, estado: &Estado, proceso: &Proceso) -> Situacion {
    if !proceso.vive() {
        return Situacion::Caido;
    }
    let motivo = match proceso.nombre.as_str() {
        "pulsar" => pulsar(estado).await,
        "postgres" => crate::postgres::Conexion::abrir(proceso.puerto, "postgres").await.err().map(|e| e.to_string()),
        _ => pendiente(cliente, proceso).await,
    };
    motivo.map_or(Situacion::Listo, Situacion::Pendiente)
}

async fn pulsar(estado: &Estado) -> Option<String> {
    match Admin::nuevo(&estado.pulsar_admin, &estado.espacio) {
        Ok(admin) => (!admin.sano().await).then(|| "no está sano".to_owned()),
        Err(error) => Some(error.to_string()),
    }
}

/// Where to look at the running system.
pub fn mostrar_urls(estado: &Estado) {
    titulo("En marcha");
    for proceso in &estado.procesos {
        linea(format!("  {:<16}{}", proceso.nombre, azul(&proceso.url)));
    }
    linea(format!("  {:<16}{}", "pulsar (admin)", azul(&estado.pulsar_admin)));
    linea(format!("  {:<16}{}", "correos", azul(rutas::corta(&estado.correos))));
    linea(format!("  {:<16}{}", "registros", azul(rutas::corta(&estado.carpeta.join("logs")))));
}

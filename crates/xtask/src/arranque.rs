//! Builds the services, starts them and waits until each says that it is ready.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use futures::future::try_join_all;
use reqwest::Client;
use serde::Serialize;
use tokio::process::Command;

use crate::claves::Claves;
use crate::consola::{Tarea, linea, tenue};
use crate::entorno::Entorno;
use crate::estado::Diario;
use crate::procesos::{Orden, Proceso, Senal, lanzar};
use crate::servicios::{SERVICIOS, Servicio};
use crate::{ambiente, puertos, rutas};

const PLAZO: Duration = Duration::from_secs(60);

/// `cargo` with what every build of this workspace needs: the queries are checked against the committed cache.
pub fn cargo(argumentos: &[&str]) -> Command {
    let programa = ambiente::variable("CARGO").unwrap_or_else(|| "cargo".to_owned());
    let mut comando = Command::new(programa);
    let sin_conexion = ambiente::variable("SQLX_OFFLINE").unwrap_or_else(|| "true".to_owned());
    comando.args(argumentos).current_dir(rutas::raiz()).env("SQLX_OFFLINE", sin_conexion).kill_on_drop(true);
    comando
}

/// How the services are built.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Perfil {
    #[default]
    Desarrollo,
    Release,
}

impl Perfil {
    fn argumentos(self) -> &'static [&'static str] {
        match self {
            Self::Desarrollo => &["build"],
            Self::Release => &["build", "--release"],
        }
    }

    /// Where such a build leaves its binaries.
    pub fn binarios(self) -> std::io::Result<PathBuf> {
        let carpeta = rutas::binarios()?;
        Ok(match self {
            Self::Desarrollo => carpeta,
            Self::Release => carpeta.with_file_name("release"),
        })
    }
}

/// Builds the five services in one go.
pub async fn compilar(perfil: Perfil) -> Result<()> {
    compilar_estos(perfil, &SERVICIOS.map(|servicio| servicio.nombre)).await
}

pub async fn compilar_estos(perfil: Perfil, nombres: &[&str]) -> Result<()> {
    linea(tenue("· Compilando los servicios ..."));
    let mut argumentos = perfil.argumentos().to_vec();
    argumentos.extend(nombres.iter().flat_map(|nombre| ["-p", nombre]));
    let estado = cargo(&argumentos).status().await?;
    ensure!(estado.success(), "la compilación falló");
    Ok(())
}

/// Starts the five services and waits for all of them.
///
/// # Errors
/// The first that ends or is not ready in time: with the end of its log.
pub async fn servicios(entorno: &Entorno, diario: &Diario) -> Result<()> {
    let claves = Claves::de(&entorno.carpeta)?;
    let tarea = Tarea::nueva("Arrancando los servicios");
    let mut procesos = Vec::new();
    for servicio in &SERVICIOS {
        let proceso = lanzar(&orden(servicio, entorno, &claves)?)?;
        diario.anotar(proceso.clone())?;
        procesos.push(proceso);
    }
    let cliente = Client::builder().no_proxy().timeout(Duration::from_secs(2)).build()?;
    try_join_all(procesos.iter().map(|proceso| esperar(&cliente, proceso))).await?;
    tarea.lista("los cinco servicios están listos");
    Ok(())
}

/// Starts one service and waits for nothing; whoever asked for it ends it.
pub fn solo(entorno: &Entorno, nombre: &str) -> Result<Proceso> {
    let servicio = SERVICIOS.iter().find(|servicio| servicio.nombre == nombre).context("servicio desconocido")?;
    lanzar(&orden(servicio, entorno, &Claves::de(&entorno.carpeta)?)?)
}

/// Starts one more instance of a service, on a port of its own, and waits until it is ready.
pub async fn otra_instancia(entorno: &Entorno, diario: &Diario, servicio: &Servicio, nombre: &str) -> Result<()> {
    let puerto = puertos::libre()?;
    let mut orden = orden(servicio, entorno, &Claves::de(&entorno.carpeta)?)?;
    orden.nombre = nombre.to_owned();
    orden.entorno.insert("SALUDTECH_HTTP__PUERTO".to_owned(), puerto.to_string());
    orden.registro = entorno.carpeta.join(format!("logs/{nombre}.log"));
    (orden.puerto, orden.url) = (puerto, format!("http://127.0.0.1:{puerto}"));
    let tarea = Tarea::nueva(format!("Arrancando {nombre}"));
    let proceso = lanzar(&orden)?;
    diario.anotar(proceso.clone())?;
    let cliente = Client::builder().no_proxy().timeout(Duration::from_secs(2)).build()?;
    esperar(&cliente, &proceso).await?;
    tarea.lista(format!("{nombre} en {}", proceso.url));
    Ok(())
}

fn orden(servicio: &Servicio, entorno: &Entorno, claves: &Claves) -> Result<Orden> {
    Ok(Orden {
        nombre: servicio.nombre.to_owned(),
        programa: entorno.perfil.binarios()?.join(servicio.nombre),
        argumentos: vec![],
        entorno: servicio.variables(entorno, claves),
        carpeta: entorno.carpeta.clone(),
        registro: entorno.carpeta.join(format!("logs/{}.log", servicio.nombre)),
        usuario: None,
        puerto: (servicio.puerto)(&entorno.puertos),
        url: servicio.url(&entorno.puertos),
        cierre: Senal::Term,
    })
}

async fn esperar(cliente: &Client, proceso: &Proceso) -> Result<()> {
    let limite = Instant::now() + PLAZO;
    loop {
        let motivo = match pendiente(cliente, proceso).await {
            None => return Ok(()),
            Some(motivo) => motivo,
        };
        if !proceso.vive() || Instant::now() > limite {
            let registro = rutas::corta(&proceso.registro);
            bail!("{} no está listo: {motivo}\n{registro}:\n{}", proceso.nombre, proceso.ultimas_lineas(15));
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// Why a process is not ready; none when it is.
pub async fn pendiente(cliente: &Client, proceso: &Proceso) -> Option<String> {
    match cliente.get(format!("{}/readyz", proceso.url)).send().await {
        Ok(respuesta) if respuesta.status().is_success() => None,
        Ok(respuesta) => {
            let estado = respuesta.status();
            let cuerpo = respuesta.text().await.unwrap_or_else(|error| error.to_string());
            Some(format!("{estado} {cuerpo}"))
        }
        Err(error) => Some(error.without_url().to_string()),
    }
}

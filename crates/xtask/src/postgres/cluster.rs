//! Initialises, starts and fills a cluster: one database per service.

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use tokio::process::Command;

use super::consulta::Conexion;
use super::usuario::{carpeta_de_datos, carpeta_de_programas, sustituto};
use super::{USUARIO, url};
use crate::consola::Tarea;
use crate::entorno::Entorno;
use crate::estado::Diario;
use crate::procesos::{Orden, Senal, es_zombi, lanzar};
use crate::servicios::SERVICIOS;
use crate::{herramientas, rutas};

const PLAZO: Duration = Duration::from_secs(60);

/// Starts Postgres and returns when every service's database exists.
///
/// # Errors
/// When it ends or answers nothing in time: with the end of its log.
pub async fn arrancar(entorno: &Entorno, diario: &Diario) -> Result<()> {
    let bin = herramientas::postgres::binarios().await?;
    let tarea = Tarea::nueva("Arrancando Postgres");
    let usuario = sustituto()?;
    let bin = carpeta_de_programas(&bin, usuario).await?;
    let datos = carpeta_de_datos(&entorno.carpeta.join("datos/postgres"), usuario)?;
    if !datos.join("PG_VERSION").exists() {
        inicializar(&bin, &datos, usuario, entorno.efimero).await?;
    }
    exigir_duenio(&datos, usuario)?;
    esperar_al_anterior(&datos).await?;
    let proceso = lanzar(&orden(entorno, &bin, &datos, usuario))?;
    diario.anotar(proceso.clone())?;
    let limite = Instant::now() + PLAZO;
    let mut conexion = loop {
        match Conexion::abrir(entorno.puertos.postgres, "postgres").await {
            Ok(conexion) => break conexion,
            Err(error) if !proceso.vive() || Instant::now() > limite => {
                let registro = rutas::corta(&proceso.registro);
                bail!("Postgres no arrancó ({error}; {registro}):\n{}", proceso.ultimas_lineas(10));
            }
            Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    };
    crear_bases(&mut conexion).await?;
    tarea.lista(format!("Postgres en {}", url(entorno.puertos.postgres, "")));
    Ok(())
}

async fn crear_bases(conexion: &mut Conexion) -> Result<()> {
    let filas = conexion.ejecutar("select datname from pg_database").await?;
    let hay: Vec<&str> = filas.iter().filter_map(|fila| fila.first()?.as_deref()).collect();
    for base in SERVICIOS.iter().filter_map(|servicio| servicio.base) {
        if !hay.contains(&base) {
            conexion.ejecutar(&format!("create database {base}")).await?;
        }
    }
    Ok(())
}

async fn inicializar(bin: &Path, datos: &Path, usuario: Option<(u32, u32)>, efimero: bool) -> Result<()> {
    let mut comando = Command::new(bin.join("initdb"));
    comando.args(["-U", USUARIO, "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-D"]).arg(datos);
    if efimero {
        comando.arg("--no-sync");
    }
    comando.current_dir(datos);
    if let Some((uid, gid)) = usuario {
        comando.uid(uid).gid(gid);
    }
    let salida = comando.output().await.context("no se pudo ejecutar initdb")?;
    ensure!(salida.status.success(), "initdb falló: {}", String::from_utf8_lossy(&salida.stderr).trim());
    Ok(())
}

/// A cluster made by another user gives an error that says little: this one says what to do.
fn exigir_duenio(datos: &Path, usuario: Option<(u32, u32)>) -> Result<()> {
    let uid = usuario.map_or_else(|| nix::unistd::geteuid().as_raw(), |(uid, _)| uid);
    let duenio = std::fs::metadata(datos)?.uid();
    ensure!(
        duenio == uid,
        "{} es del usuario {duenio} y Postgres correría como {uid}: bórrala o cambia su dueño",
        datos.display()
    );
    Ok(())
}

/// A killed postmaster whose parent has not taken note of its end still counts as running for the next one.
async fn esperar_al_anterior(datos: &Path) -> Result<()> {
    let fichero = datos.join("postmaster.pid");
    let Ok(contenido) = std::fs::read_to_string(&fichero) else { return Ok(()) };
    let Some(pid) = contenido.lines().next().and_then(|linea| linea.trim().parse().ok()) else { return Ok(()) };
    let limite = Instant::now() + Duration::from_secs(5);
    while es_zombi(pid) {
        if Instant::now() > limite {
            // Its children, which ended with it, are long gone.
            return std::fs::remove_file(&fichero).context("no se pudo retirar postmaster.pid");
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Ok(())
}

fn orden(entorno: &Entorno, bin: &Path, datos: &Path, usuario: Option<(u32, u32)>) -> Orden {
    let puerto = entorno.puertos.postgres.to_string();
    let mut opciones = vec!["max_connections=200", "listen_addresses=127.0.0.1", "unix_socket_directories="];
    if entorno.efimero {
        // Thrown away after the tests: nothing has to survive the machine. The server's own death is another thing: tests
        // kill it, and what others have seen committed must still be there.
        opciones.extend(["fsync=off", "full_page_writes=off"]);
    }
    let mut argumentos = vec!["-D".to_owned(), datos.display().to_string(), "-p".to_owned(), puerto];
    argumentos.extend(opciones.into_iter().flat_map(|opcion| ["-c".to_owned(), opcion.to_owned()]));
    Orden {
        nombre: "postgres".to_owned(),
        programa: bin.join("postgres"),
        argumentos,
        entorno: BTreeMap::new(),
        carpeta: datos.to_path_buf(),
        registro: entorno.carpeta.join("logs/postgres.log"),
        usuario,
        puerto: entorno.puertos.postgres,
        url: url(entorno.puertos.postgres, "postgres"),
        cierre: Senal::Int,
    }
}

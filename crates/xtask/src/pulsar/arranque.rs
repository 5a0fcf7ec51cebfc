//! Starts Pulsar standalone on loopback and waits until its own health check passes.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use super::jars;
use crate::consola::{Tarea, aviso};
use crate::entorno::Entorno;
use crate::estado::Diario;
use crate::procesos::{Orden, Proceso, Senal, lanzar};
use crate::{ambiente, herramientas, rutas};
use administracion::Admin;

const PLAZO: Duration = Duration::from_secs(120);
/// How long it may take to end in order.
const PLAZO_DE_CIERRE: Duration = Duration::from_secs(60);
const ARRANQUES: u32 = 4;
const PAQUETES_ABIERTOS: [&str; 7] = [
    "java.base/java.nio",
    "java.base/java.lang",
    "java.base/jdk.internal.misc",
    "java.base/sun.net",
    "java.base/java.util.zip",
    "java.management/sun.management",
    "jdk.management/com.sun.management.internal",
];

/// Starts Pulsar and returns when it is healthy.
///
/// # Errors
/// As [`serenar`].
pub async fn arrancar(entorno: &Entorno, diario: &Diario) -> Result<()> {
    jars::preparar().await?;
    let java = herramientas::java().await?;
    let tarea = Tarea::nueva("Arrancando Pulsar");
    let proceso = lanzar(&orden(entorno, java)?)?;
    diario.anotar(proceso.clone())?;
    serenar(&Admin::nuevo(&entorno.url_admin(), &entorno.espacio)?, diario, proceso).await?;
    tarea.lista(format!("Pulsar en {}", entorno.url_pulsar()));
    Ok(())
}

/// Waits until a started Pulsar is healthy; one that registers itself over and over, as a killed one's successor may,
/// is ended in order and started again.
///
/// # Errors
/// When it ends, is not healthy in time or never stops registering itself: with the end of its log.
pub async fn serenar(admin: &Admin, diario: &Diario, mut proceso: Proceso) -> Result<Proceso> {
    for _ in 0..ARRANQUES {
        esperar_sano(admin, &proceso).await?;
        if !admin.registro_en_bucle().await? {
            return Ok(proceso);
        }
        aviso("Pulsar se registra sin fin tras una muerte súbita: se le detiene y se le vuelve a arrancar");
        proceso.terminar(PLAZO_DE_CIERRE).await?;
        proceso = proceso.relanzar()?;
        diario.anotar(proceso.clone())?;
    }
    bail!("Pulsar no deja de registrarse ({}):\n{}", rutas::corta(&proceso.registro), proceso.ultimas_lineas(15));
}

async fn esperar_sano(admin: &Admin, proceso: &Proceso) -> Result<()> {
    let limite = Instant::now() + PLAZO;
    while !admin.sano().await {
        if !proceso.vive() || Instant::now() > limite {
            bail!("Pulsar no arrancó ({}):\n{}", rutas::corta(&proceso.registro), proceso.ultimas_lineas(15));
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Ok(())
}

fn orden(entorno: &Entorno, java: std::path::PathBuf) -> Result<Orden> {
    let carpeta = &entorno.carpeta;
    fs::create_dir_all(carpeta.join("datos/pulsar"))?;
    fs::create_dir_all(carpeta.join("pulsar"))?;
    let conf = carpeta.join("pulsar/standalone.conf");
    fs::write(&conf, configuracion(entorno)?)?;
    let opciones = carpeta.join("pulsar/java.args");
    fs::write(&opciones, opciones_de_java()?)?;
    // Relative paths: BookKeeper writes them into its data and refuses others, so a moved folder stays usable.
    let argumentos = [
        &format!("@{}", opciones.display()),
        "org.apache.pulsar.PulsarStandaloneStarter",
        "--no-functions-worker",
        "--no-stream-storage",
        "--config",
        "pulsar/standalone.conf",
        "--metadata-dir",
        "datos/pulsar/metadatos",
        "--bookkeeper-dir",
        "datos/pulsar/bookkeeper",
    ];
    Ok(Orden {
        nombre: "pulsar".to_owned(),
        programa: java,
        argumentos: argumentos.iter().map(ToString::to_string).collect(),
        entorno: BTreeMap::new(),
        carpeta: carpeta.clone(),
        registro: carpeta.join("logs/pulsar.log"),
        usuario: None,
        puerto: entorno.puertos.pulsar,
        url: entorno.url_pulsar(),
        cierre: Senal::Term,
    })
}

fn configuracion(entorno: &Entorno) -> Result<String> {
    let plantilla = fs::read_to_string(rutas::deploy_local().join("standalone.conf"))?;
    Ok(plantilla
        .replace("@PUERTO@", &entorno.puertos.pulsar.to_string())
        .replace("@PUERTO_ADMIN@", &entorno.puertos.pulsar_admin.to_string()))
}

/// The file of arguments that keeps 317 jars out of the command line.
fn opciones_de_java() -> Result<String> {
    let memoria = ambiente::variable("PULSAR_MEMORIA").unwrap_or_else(|| "512m".to_owned());
    let mut opciones = vec![
        format!("-Xmx{memoria}"),
        format!("-XX:MaxDirectMemorySize={memoria}"),
        "-XX:-UsePerfData".to_owned(),
        "-XX:+ExitOnOutOfMemoryError".to_owned(),
        "-Dio.netty.tryReflectionSetAccessible=true".to_owned(),
        "-Dpulsar.allocator.exit_on_oom=true".to_owned(),
        format!("-Dlog4j2.configurationFile={}", entrecomillada(&rutas::deploy_local().join("log4j2.xml"))),
    ];
    opciones.extend(PAQUETES_ABIERTOS.iter().map(|paquete| format!("--add-opens={paquete}=ALL-UNNAMED")));
    let clases: Vec<String> =
        jars::jars(&rutas::jars_de_pulsar())?.iter().map(|jar| jar.display().to_string()).collect();
    opciones.push(format!("-cp\n{}", entrecomillada(Path::new(&clases.join(":")))));
    Ok(opciones.join("\n") + "\n")
}

/// Quoted as Java's argument files ask, so that blanks in a path do no harm.
fn entrecomillada(ruta: &Path) -> String {
    format!("\"{}\"", ruta.display().to_string().replace('\\', "\\\\").replace('"', "\\\""))
}

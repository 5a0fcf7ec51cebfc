//! `sqlx`: each crate's cache of checked queries, made from a database that has exactly its migrations.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, ensure};
use clap::Args;

use super::o_bajar;
use crate::arranque::cargo;
use crate::consola::{Tarea, fallo, hecho};
use crate::entorno::{Alcance, Entorno};
use crate::postgres::{self, Conexion};
use crate::rutas;

#[derive(Args)]
pub struct Sqlx {
    /// No cambia nada: falla si alguna caché no es la que saldría ahora.
    #[arg(long)]
    comprobar: bool,
    /// Solo este crate.
    #[arg(long)]
    solo: Option<String>,
}

/// A crate with queries; its folder, and the variable that its `sqlx.toml` names.
struct ConConsultas {
    nombre: &'static str,
    carpeta: &'static str,
    variable: &'static str,
}

const CRATES: [ConConsultas; 5] = [
    ConConsultas { nombre: "bandejas", carpeta: "crates/plataforma/bandejas", variable: "BANDEJAS_DATABASE_URL" },
    ConConsultas { nombre: "suscripciones", carpeta: "crates/suscripciones", variable: "SUSCRIPCIONES_DATABASE_URL" },
    ConConsultas {
        nombre: "servicio-datos",
        carpeta: "crates/servicio-datos",
        variable: "SERVICIO_DATOS_DATABASE_URL",
    },
    ConConsultas { nombre: "procesamiento", carpeta: "crates/procesamiento", variable: "PROCESAMIENTO_DATABASE_URL" },
    ConConsultas {
        nombre: "notificaciones",
        carpeta: "crates/notificaciones",
        variable: "NOTIFICACIONES_DATABASE_URL",
    },
];

impl Sqlx {
    pub async fn ejecutar(self) -> Result<ExitCode> {
        let entorno = Entorno::aparte("sqlx")?;
        entorno.bajar().await?;
        entorno.borrar()?;
        let bien = o_bajar(&entorno, self.correr(&entorno)).await?;
        entorno.bajar().await?;
        Ok(if bien { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    async fn correr(&self, entorno: &Entorno) -> Result<bool> {
        entorno.levantar(Alcance::BaseDeDatos).await?;
        let mut bien = true;
        let elegido = |con: &&ConConsultas| self.solo.as_deref().is_none_or(|nombre| nombre == con.nombre);
        for con in CRATES.iter().filter(elegido) {
            let url = migrar(con, entorno.puertos.postgres).await?;
            let cache = rutas::raiz().join(con.carpeta).join(".sqlx");
            // Made aside: a crate that does not compile keeps the cache it has.
            let nueva = entorno.carpeta.join("cache").join(con.nombre);
            generar(con, &url, &nueva).await?;
            if self.comprobar {
                bien &= comparar(con.nombre, &cache, &nueva)?;
            } else {
                reemplazar(&cache, &nueva)?;
                hecho(format!("{}: {} consultas en {}", con.nombre, leer(&cache)?.len(), rutas::corta(&cache)));
            }
        }
        Ok(bien)
    }
}

/// A fresh database with the platform's tables and then the crate's own.
async fn migrar(con: &ConConsultas, puerto: u16) -> Result<String> {
    let base = format!("sqlx_{}", con.nombre.replace('-', "_"));
    Conexion::abrir(puerto, "postgres").await?.ejecutar(&format!("create database {base}")).await?;
    let mut conexion = Conexion::abrir(puerto, &base).await?;
    conexion.ejecutar("create schema if not exists bandejas").await?;
    let mut carpetas = vec![CRATES[0].carpeta];
    if con.nombre != CRATES[0].nombre {
        carpetas.push(con.carpeta);
    }
    for carpeta in carpetas {
        for fichero in migraciones(&rutas::raiz().join(carpeta).join("migrations"))? {
            let sql = fs::read_to_string(&fichero)?;
            conexion.ejecutar(&sql).await.with_context(|| rutas::corta(&fichero))?;
        }
    }
    Ok(postgres::url(puerto, &base))
}

fn migraciones(carpeta: &Path) -> Result<Vec<PathBuf>> {
    let mut ficheros: Vec<PathBuf> = fs::read_dir(carpeta)
        .with_context(|| rutas::corta(carpeta))?
        .map(|entrada| entrada.map(|e| e.path()))
        .collect::<std::io::Result<_>>()?;
    ficheros.retain(|ruta| ruta.extension().is_some_and(|extension| extension == "sql"));
    ficheros.sort();
    Ok(ficheros)
}

/// Compiles the crate against its database with only its own variable set: with another's, queries of a dependency
/// would land in this cache.
async fn generar(con: &ConConsultas, url: &str, cache: &Path) -> Result<()> {
    let tarea = Tarea::nueva(format!("Comprobando las consultas de {}", con.nombre));
    fs::create_dir_all(cache)?;
    marcar_cambiado(&rutas::raiz().join(con.carpeta).join("src/lib.rs"))?;
    let mut comando = cargo(&["check", "--quiet", "-p", con.nombre, "--all-targets"]);
    for otro in &CRATES {
        comando.env_remove(otro.variable);
    }
    comando.env_remove("DATABASE_URL").env(con.variable, url);
    comando.env("SQLX_OFFLINE", "false").env("SQLX_OFFLINE_DIR", cache);
    let estado = comando.status().await?;
    ensure!(estado.success(), "{} no compila contra su base de datos", con.nombre);
    tarea.lista(format!("consultas de {} comprobadas", con.nombre));
    Ok(())
}

/// Written again as it is: without it cargo would compile nothing, and no query would be checked.
fn marcar_cambiado(fichero: &Path) -> Result<()> {
    let contenido = fs::read(fichero).with_context(|| rutas::corta(fichero))?;
    Ok(fs::write(fichero, contenido)?)
}

fn reemplazar(cache: &Path, nueva: &Path) -> Result<()> {
    fs::create_dir_all(cache)?;
    for nombre in leer(cache)?.keys() {
        fs::remove_file(cache.join(nombre))?;
    }
    for (nombre, consulta) in leer(nueva)? {
        fs::write(cache.join(nombre), consulta)?;
    }
    Ok(())
}

fn leer(cache: &Path) -> Result<BTreeMap<String, Vec<u8>>> {
    let mut consultas = BTreeMap::new();
    if !cache.is_dir() {
        return Ok(consultas);
    }
    for entrada in fs::read_dir(cache)? {
        let entrada = entrada?;
        let nombre = entrada.file_name().to_string_lossy().into_owned();
        if nombre.starts_with("query-") && nombre.ends_with(".json") {
            consultas.insert(nombre, fs::read(entrada.path())?);
        }
    }
    Ok(consultas)
}

fn comparar(nombre: &str, vieja: &Path, nueva: &Path) -> Result<bool> {
    let (guardadas, actuales) = (leer(vieja)?, leer(nueva)?);
    let faltan = actuales.iter().filter(|(clave, valor)| guardadas.get(*clave) != Some(valor)).count();
    let sobran = guardadas.keys().filter(|clave| !actuales.contains_key(*clave)).count();
    if faltan + sobran == 0 {
        hecho(format!("{nombre}: {} consultas al día", actuales.len()));
        return Ok(true);
    }
    fallo(format!("{nombre}: {faltan} faltan o cambiaron, {sobran} sobran; cargo xtask sqlx las regenera"));
    Ok(false)
}

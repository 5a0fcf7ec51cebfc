//! The drawings that a running suscripciones gives in Mermaid, for Mermaid itself to read.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use reqwest::{Client, StatusCode};
use serde_json::Value;

const FASES: [&str; 6] =
    ["avanzando", "deshaciendo", "completada", "completada_con_avisos", "compensada", "abandonada"];
const PLAZO: Duration = Duration::from_secs(30);

/// Writes into `carpeta` the drawing of every definition and of the newest sagas of each phase; the files.
pub async fn descargar(base: &str, carpeta: &Path) -> Result<Vec<PathBuf>> {
    if carpeta.exists() {
        fs::remove_dir_all(carpeta)?;
    }
    fs::create_dir_all(carpeta)?;
    let puerta = Puerta { cliente: Client::builder().no_proxy().timeout(PLAZO).build()?, base };
    let mut ficheros = Vec::new();
    for (nombre, ruta) in puerta.rutas().await? {
        if let Some(dibujo) = puerta.dibujo(&ruta).await? {
            let fichero = carpeta.join(format!("{nombre}.mmd"));
            fs::write(&fichero, dibujo)?;
            ficheros.push(fichero);
        }
    }
    Ok(ficheros)
}

struct Puerta<'a> {
    cliente: Client,
    base: &'a str,
}

impl Puerta<'_> {
    /// What can be drawn: a name for its file, and where it is.
    async fn rutas(&self) -> Result<Vec<(String, String)>> {
        let mut rutas = Vec::new();
        for ficha in self.elementos("/admin/definiciones").await? {
            let clave = ficha["clave"].as_str().context("una definición sin clave")?;
            let version = ficha["version"].as_u64().context("una definición sin versión")?;
            rutas.push((format!("definicion-{clave}-{version}"), format!("/admin/definiciones/{clave}/{version}")));
        }
        for fase in FASES {
            for saga in self.elementos(&format!("/sagas?fase={fase}&limite=200")).await? {
                let id = saga["id"].as_str().context("una saga sin id")?;
                rutas.push((format!("saga-{fase}-{id}"), format!("/sagas/{id}")));
            }
        }
        Ok(rutas)
    }

    async fn elementos(&self, ruta: &str) -> Result<Vec<Value>> {
        let respuesta = self.cliente.get(format!("{}{ruta}", self.base)).send().await?;
        let estado = respuesta.status();
        let cuerpo: Value = respuesta.json().await?;
        ensure!(estado.is_success(), "{ruta}: {estado}: {cuerpo}");
        Ok(cuerpo["elementos"].as_array().with_context(|| format!("{ruta} no da una lista"))?.clone())
    }

    /// None of a draft that breaks the rules: there is nothing to draw.
    async fn dibujo(&self, ruta: &str) -> Result<Option<String>> {
        let respuesta = self.cliente.get(format!("{}{ruta}/diagrama?formato=mermaid", self.base)).send().await?;
        let (estado, texto) = (respuesta.status(), respuesta.text().await?);
        match estado {
            StatusCode::OK => Ok(Some(texto)),
            StatusCode::UNPROCESSABLE_ENTITY if texto.contains("\"definicion_invalida\"") => Ok(None),
            _ => bail!("{ruta}: {estado}: {texto}"),
        }
    }
}

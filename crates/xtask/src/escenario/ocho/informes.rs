//! The new service: a process that nobody but this scenario knows of, and its ledger.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;
use tokio::process::Command;

use super::{esperar, producto};
use crate::entorno::Entorno;
use crate::estado::Diario;
use crate::procesos::{Orden, Proceso, Senal, lanzar};
use crate::rutas;

/// An idle service that is asked to end does so at once.
const PLAZO_DE_FIN: Duration = Duration::from_secs(15);

/// What the service says that it did.
#[derive(Debug, Deserialize)]
pub struct Libro {
    pub ordenes: Vec<Atendida>,
    pub informes: Vec<Informe>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Atendida {
    pub id: String,
    pub tipo: String,
    pub estado: String,
    pub respuesta: String,
    pub entregas: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Informe {
    pub id: String,
    pub id_suscripcion: String,
    pub codigo_cliente: String,
    pub tipo: String,
    pub periodicidad: Option<String>,
    pub estado: String,
}

pub struct ServicioInformes<'e> {
    entorno: &'e Entorno,
    diario: &'e Diario,
    python: PathBuf,
}

impl<'e> ServicioInformes<'e> {
    pub fn nuevo(entorno: &'e Entorno, diario: &'e Diario, python: PathBuf) -> Self {
        Self { entorno, diario, python }
    }

    /// Starts it and waits until it reads its topics.
    pub async fn arrancar(&self) -> Result<Proceso> {
        let proceso = lanzar(&Orden {
            nombre: producto::SERVICIO.to_owned(),
            programa: self.python.clone(),
            argumentos: vec![producto::carpeta().join("servicio.py").display().to_string()],
            entorno: self.variables(),
            carpeta: self.entorno.carpeta.clone(),
            registro: self.entorno.carpeta.join(format!("logs/{}.log", producto::SERVICIO)),
            usuario: None,
            puerto: 0,
            url: String::new(),
            cierre: Senal::Term,
        })?;
        self.diario.anotar(proceso.clone())?;
        esperar("el servicio de informes lee sus tópicos", async || {
            ensure!(proceso.vive(), "terminó:\n{}", proceso.ultimas_lineas(15));
            Ok(proceso.ultimas_lineas(50).contains("ready").then_some(()))
        })
        .await?;
        Ok(proceso)
    }

    /// Asks it to end; false when it had to be killed or did not end by itself in order.
    pub async fn detener(&self, proceso: &Proceso) -> Result<bool> {
        proceso.terminar(PLAZO_DE_FIN).await?;
        Ok(proceso.ultimas_lineas(5).contains("stopped"))
    }

    pub async fn libro(&self) -> Result<Libro> {
        let guion = producto::carpeta().join("libro.py");
        let salida = self.ejecutar(&guion, &[&self.ruta_del_libro()]).await?;
        serde_json::from_str(&salida).context("el libro de informes no se entiende")
    }

    /// Sends what the orchestrator never would.
    pub async fn ajenos(&self, argumentos: &[&str]) -> Result<String> {
        self.ejecutar(&rutas::raiz().join("crates/xtask/python/ajenos.py"), argumentos).await
    }

    async fn ejecutar(&self, guion: &PathBuf, argumentos: &[&str]) -> Result<String> {
        let mut comando = Command::new(&self.python);
        comando.arg(guion).args(argumentos).envs(self.variables()).kill_on_drop(true);
        let salida = comando.output().await?;
        if !salida.status.success() {
            bail!("{} {argumentos:?}:\n{}", rutas::corta(guion), String::from_utf8_lossy(&salida.stderr));
        }
        Ok(String::from_utf8(salida.stdout)?)
    }

    fn ruta_del_libro(&self) -> String {
        self.entorno.carpeta.join("informes.sqlite").display().to_string()
    }

    fn variables(&self) -> BTreeMap<String, String> {
        let variables = [
            ("PULSAR_URL", self.entorno.url_pulsar()),
            ("ESPACIO", self.entorno.espacio.clone()),
            ("LIBRO", self.ruta_del_libro()),
            ("PYTHONPATH", producto::carpeta().display().to_string()),
            ("PYTHONDONTWRITEBYTECODE", "1".to_owned()),
        ];
        variables.map(|(nombre, valor)| (nombre.to_owned(), valor)).into()
    }
}

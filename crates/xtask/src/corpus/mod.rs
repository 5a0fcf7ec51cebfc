//! `corpus`: the de-identifier examined by somebody else: files that hide personal data, and Python that looks for it.

mod entorno;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Args;
use tokio::process::Command;

use crate::arranque::{Perfil, compilar_estos};
use crate::consola::{fallo, hecho, titulo};
use crate::rutas;

use entorno::pendientes;
pub use entorno::{binario, guion, python, python_de_pares};

/// The project's own tool; the others are peers.
const PROPIA: &str = "anonimizar";
/// What only copies: the examiner must condemn it.
const COPIA: &str = "identidad";
const CRATE: &str = "anonimizacion";

#[derive(Args)]
pub struct Corpus {
    /// Qué se examina: la herramienta propia, «identidad» (que solo copia) u otro anonimizador.
    #[arg(long, default_value = PROPIA, value_parser = [PROPIA, COPIA, "dcmanon", "dentdeid", "dicom-anonymizer", "dicognito"])]
    herramienta: String,
    /// Con otra semilla salen otras personas, otras fechas y otros fondos.
    #[arg(long, default_value_t = 1)]
    semilla: u64,
    /// Deja fuera los ficheros que traen pydicom y pydicom-data.
    #[arg(long)]
    sin_reales: bool,
    /// Deja fuera los ficheros malformados.
    #[arg(long)]
    sin_hostiles: bool,
    /// Falla si hay más o menos faltas que las de corpus/pendientes.txt, en vez de si hay alguna.
    #[arg(long, conflicts_with = "solo")]
    salvo_pendientes: bool,
    /// Solo los casos cuyo nombre contiene este texto.
    #[arg(long, default_value = "")]
    solo: String,
    /// Muestra qué falta en cada fichero.
    #[arg(long)]
    detalle: bool,
    /// Mide la compilación de release en vez de la de desarrollo.
    #[arg(long)]
    release: bool,
    /// Escribe además el resultado como JSON.
    #[arg(long, value_name = "FICHERO")]
    json: Option<PathBuf>,
}

impl Corpus {
    /// Fails unless every count is zero, or everything is as the list of pending faults says.
    pub async fn ejecutar(self) -> Result<ExitCode> {
        let python = python().await?;
        let carpeta = rutas::local().join("corpus");
        titulo("El examinador, examinado");
        let mut bien = correr(guion(&python, "autoprueba.py")).await?;
        titulo("El corpus");
        let mut generar = guion(&python, "generar.py");
        generar.arg("--salida").arg(&carpeta).arg("--semilla").arg(self.semilla.to_string());
        generar.args(self.sin_reales.then_some("--sin-reales"));
        bien &= correr(generar).await?;
        let programa = self.programa().await?;
        titulo(format!("{} sobre el corpus", self.herramienta));
        let mut comprobar = guion(&python, "comprobar.py");
        comprobar.arg("--corpus").arg(&carpeta).args(["--herramienta", &self.herramienta, "--solo", &self.solo]);
        comprobar.args(self.detalle.then_some("--detalle"));
        comprobar.arg("--binario").arg(&programa);
        if let Some(json) = &self.json {
            comprobar.arg("--json").arg(json);
        }
        if self.salvo_pendientes {
            comprobar.arg("--pendientes").arg(pendientes());
        }
        bien &= correr(comprobar).await?;
        if self.herramienta == PROPIA && !self.sin_hostiles {
            titulo("Ficheros malformados");
            let mut hostil = guion(&python, "hostil.py");
            hostil.arg("--carpeta").arg(rutas::local().join("hostil")).arg("--binario").arg(&programa);
            bien &= correr(hostil).await?;
        }
        Ok(self.veredicto(bien))
    }

    fn veredicto(&self, bien: bool) -> ExitCode {
        match (bien, self.salvo_pendientes) {
            (true, false) => hecho("todas las cuentas a cero"),
            (true, true) => hecho("solo las faltas pendientes"),
            (false, _) => fallo("hay faltas que no debía haber, o pendientes que ya no las hay"),
        }
        if bien { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }

    /// The binary under examination, or the interpreter that has the peer.
    async fn programa(&self) -> Result<PathBuf> {
        match self.herramienta.as_str() {
            PROPIA => {}
            COPIA => return python().await,
            _ => return python_de_pares().await,
        }
        let perfil = if self.release { Perfil::Release } else { Perfil::Desarrollo };
        compilar_estos(perfil, &[CRATE]).await?;
        binario(perfil)
    }
}

/// Runs a script in sight; whether it was content.
async fn correr(mut comando: Command) -> Result<bool> {
    let estado = comando.kill_on_drop(true).status().await.context("no se pudo ejecutar Python")?;
    Ok(estado.success())
}

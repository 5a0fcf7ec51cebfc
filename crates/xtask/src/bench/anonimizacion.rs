//! `bench anonimizacion`: files per second of the de-identifier and of its peers, on the same files and taking turns.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Args;

use super::informe::Maquina;
use crate::arranque::{Perfil, compilar_estos};
use crate::consola::titulo;
use crate::corpus::{binario, guion, python, python_de_pares};
use crate::rutas;

#[derive(Args)]
pub struct Anonimizacion {
    /// Veces que se mide cada herramienta; cuenta la mediana.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=50))]
    veces: u32,
    /// Mide la compilación de desarrollo en vez de la de release.
    #[arg(long)]
    dev: bool,
    /// Escribe además las cifras como JSON.
    #[arg(long, value_name = "FICHERO")]
    json: Option<PathBuf>,
}

impl Anonimizacion {
    /// Fails if the fastest peer is faster per thread, or if looking for text takes more than 1/30 s an image.
    pub async fn ejecutar(self) -> Result<ExitCode> {
        let perfil = if self.dev { Perfil::Desarrollo } else { Perfil::Release };
        let (python, pares) = (python().await?, python_de_pares().await?);
        compilar_estos(perfil, &["anonimizacion"]).await?;
        let corpus = rutas::local().join("corpus");
        let mut generar = guion(&python, "generar.py");
        let generado = generar.arg("--salida").arg(&corpus).kill_on_drop(true).status().await;
        anyhow::ensure!(generado.context("no se pudo ejecutar Python")?.success(), "no se pudo generar el corpus");
        titulo("Ficheros por segundo");
        Maquina::esta()?.mostrar();
        let mut medir = guion(&python, "medir.py");
        medir.arg("--carpeta").arg(rutas::local().join("bench-anonimizacion")).arg("--binario").arg(binario(perfil)?);
        medir.arg("--pares").arg(pares).arg("--veces").arg(self.veces.to_string());
        if let Some(json) = &self.json {
            medir.arg("--json").arg(json);
        }
        let estado = medir.kill_on_drop(true).status().await.context("no se pudo ejecutar Python")?;
        Ok(if estado.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

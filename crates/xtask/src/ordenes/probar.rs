//! `test`: all that must pass, against a Pulsar and a Postgres of its own.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context, Result};
use clap::Args;
use tokio::process::Command;

use super::comprobaciones::{COMPROBACIONES, Comprobacion};
use super::o_bajar;
use crate::arranque::{Perfil, cargo, compilar};
use crate::consola::{duracion, fallo, hecho, linea, titulo};
use crate::entorno::{Alcance, Entorno};
use crate::estado::{self, Estado};
use crate::{herramientas, rutas};

#[derive(Args)]
pub struct Probar {
    /// Solo Pulsar y Postgres, sin los cinco servicios.
    #[arg(long)]
    sin_servicios: bool,
    /// Argumentos para una única ejecución de `cargo test`, en vez de todas las comprobaciones.
    #[arg(last = true)]
    cargo_test: Vec<String>,
}

impl Probar {
    pub async fn ejecutar(self) -> Result<ExitCode> {
        let entorno = Entorno::aparte("pruebas")?;
        // What an interrupted run left.
        entorno.bajar().await?;
        entorno.borrar()?;
        let resultados = o_bajar(&entorno, self.correr(&entorno)).await?;
        entorno.bajar().await?;
        Ok(resumir(&resultados))
    }

    async fn correr(&self, entorno: &Entorno) -> Result<Vec<Resultado>> {
        herramientas::preparar().await?;
        let python = herramientas::python().await?;
        let alcance = if self.sin_servicios { Alcance::Infraestructura } else { Alcance::Completo };
        if alcance == Alcance::Completo {
            compilar(Perfil::Desarrollo).await?;
        }
        let sistema = Sistema { estado: entorno.levantar(alcance).await?, python };
        if !self.cargo_test.is_empty() {
            let argumentos: Vec<&str> =
                ["test"].into_iter().chain(self.cargo_test.iter().map(String::as_str)).collect();
            return Ok(vec![comprobar("cargo test", cargo(&argumentos), &sistema).await?]);
        }
        let mut resultados = Vec::new();
        for comprobacion in COMPROBACIONES {
            resultados.push(comprobar(comprobacion.nombre, comando(comprobacion), &sistema).await?);
        }
        Ok(resultados)
    }
}

/// What the tests are told of the running system.
struct Sistema {
    estado: Estado,
    python: PathBuf,
}

struct Resultado {
    nombre: String,
    bien: bool,
    tiempo: std::time::Duration,
}

fn comando(comprobacion: &Comprobacion) -> Command {
    if comprobacion.programa == "cargo" {
        return cargo(comprobacion.argumentos);
    }
    let mut comando = Command::new(comprobacion.programa);
    comando.args(comprobacion.argumentos).current_dir(rutas::raiz()).kill_on_drop(true);
    comando
}

async fn comprobar(nombre: &str, mut comando: Command, sistema: &Sistema) -> Result<Resultado> {
    titulo(nombre);
    let inicio = Instant::now();
    let estado = &sistema.estado;
    comando
        .env("PRUEBAS_PYTHON", &sistema.python)
        .env("PRUEBAS_XTASK", std::env::current_exe()?)
        .env("DATABASE_URL", &estado.postgres)
        .env("PULSAR_URL", &estado.pulsar)
        .env("PULSAR_ADMIN_URL", &estado.pulsar_admin)
        .env("PRUEBAS_ENTORNO", estado::ruta(&estado.carpeta));
    let salida = comando.status().await.with_context(|| format!("no se pudo ejecutar: {nombre}"))?;
    Ok(Resultado { nombre: nombre.to_owned(), bien: salida.success(), tiempo: inicio.elapsed() })
}

/// The last line is the plain one that tools which count tests look for.
fn resumir(resultados: &[Resultado]) -> ExitCode {
    titulo("Resumen");
    for resultado in resultados {
        let texto = format!("{} ({})", resultado.nombre, duracion(resultado.tiempo));
        if resultado.bien { hecho(texto) } else { fallo(texto) }
    }
    let bien = resultados.iter().filter(|resultado| resultado.bien).count();
    linea(format!("{bien} passed, {} failed", resultados.len() - bien));
    if bien == resultados.len() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

//! `bench`: what the system costs, measured on this machine.

mod anonimizacion;
mod banco;
mod carga;
mod consumo;
mod fase;
mod informe;
mod listado;
mod marco;
mod mensajes;
mod percentiles;
mod sagas;
mod seguimiento;
mod veneno;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, Command, Subcommand};

use crate::consola::linea;

#[derive(Args)]
pub struct Bench {
    #[command(subcommand)]
    cual: Option<Cual>,
}

#[derive(Subcommand)]
enum Cual {
    /// Sagas PRO: latencia a ritmo fijo, caudal en saturación y lo que gasta cada proceso.
    Sagas(sagas::Sagas),
    /// La lista de sagas con un millón en la tabla: cada filtro y sus combinaciones.
    Listado(listado::Listado),
    /// Sagas PRO con y sin mensajes envenenados entre ellas: lo que estos cuestan a las demás.
    Veneno(veneno::Veneno),
    /// El anonimizador frente a otros, en los mismos ficheros: sin mirar los píxeles y buscando texto en ellos.
    Anonimizacion(anonimizacion::Anonimizacion),
}

impl Bench {
    /// Runs a benchmark; without a name, lists them.
    pub async fn ejecutar(self) -> Result<ExitCode> {
        match self.cual {
            None => listar(),
            Some(Cual::Sagas(sagas)) => return sagas.ejecutar().await,
            Some(Cual::Listado(listado)) => return listado.ejecutar().await,
            Some(Cual::Veneno(veneno)) => return veneno.ejecutar().await,
            Some(Cual::Anonimizacion(anonimizacion)) => return anonimizacion.ejecutar().await,
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn listar() {
    for bench in Cual::augment_subcommands(Command::new("bench")).get_subcommands() {
        let descripcion = bench.get_about().map(ToString::to_string).unwrap_or_default();
        linea(format!("{:<15}{descripcion}", bench.get_name()));
    }
}

//! `cargo xtask`: everything a developer does with the whole system.

mod ambiente;
mod arranque;
mod asyncapi;
mod bench;
mod claves;
mod consola;
mod corpus;
mod demo;
mod entorno;
mod escenario;
mod estado;
mod herramientas;
mod maven;
mod ocupante;
mod ordenes;
mod postgres;
mod procesos;
mod puertos;
mod pulsar;
mod rutas;
mod servicios;
mod topicos;

use std::process::ExitCode;

use clap::Parser;

/// Órdenes de desarrollo de SaludTechAlpes.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Xtask {
    #[command(subcommand)]
    orden: ordenes::Orden,
}

#[tokio::main]
async fn main() -> ExitCode {
    match Xtask::parse().orden.ejecutar().await {
        Ok(codigo) => codigo,
        Err(error) => {
            consola::error(&error);
            ExitCode::FAILURE
        }
    }
}

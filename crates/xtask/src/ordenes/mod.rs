//! The commands, one file each.

mod asyncapi;
mod cartas;
mod comprobaciones;
mod diagramas;
mod down;
mod entorno;
mod herramientas;
mod interrupcion;
mod logs;
mod probar;
mod sagas;
mod sqlx;
mod status;
mod topicos;
pub mod up;
mod validar;

use std::process::ExitCode;

use anyhow::Result;
use clap::Subcommand;

pub use interrupcion::{esperar_cierre, o_bajar};
pub use status::mostrar_urls;

#[derive(Subcommand)]
pub enum Orden {
    /// Busca o instala lo que hace falta para compilar y ejecutar: protoc, Java, Maven y Postgres.
    Herramientas,
    /// Compila y arranca todo; se detiene con Ctrl-C, o sigue en segundo plano con --detach.
    Up(up::Up),
    /// Detiene lo que arrancó `up`.
    Down(down::Down),
    /// Dice qué está en marcha, dónde y si está listo.
    Status,
    /// Muestra los registros.
    Logs(logs::Logs),
    /// Enseña el recorrido completo en vivo.
    Demo(crate::demo::Demo),
    /// Ejecuta todas las pruebas y comprobaciones contra un Pulsar y un Postgres propios.
    Test(probar::Probar),
    /// Mide lo que cuesta el sistema; sin nombre, dice qué se puede medir.
    Bench(crate::bench::Bench),
    /// Examina el anonimizador con ficheros que esconden datos personales por todas partes; ninguno debe quedar.
    Corpus(crate::corpus::Corpus),
    /// Demuestra un escenario de calidad contra un sistema propio y escribe su informe.
    Escenario(crate::escenario::Escenario),
    /// Prepara tópicos, esquemas, suscripciones y políticas en un Pulsar; se puede repetir.
    Topicos(topicos::Topicos),
    /// Escribe (o comprueba) el documento AsyncAPI de los mensajes.
    Asyncapi(asyncapi::Asyncapi),
    /// Opera los mensajes apartados de cada servicio.
    Cartas(cartas::Cartas),
    /// Da a suscripciones una orden sobre sus sagas: pausar, reanudar, reprocesar.
    Sagas(sagas::Sagas),
    /// Regenera (o comprueba) la caché de consultas SQL de cada crate.
    Sqlx(sqlx::Sqlx),
    /// Valida lo que no compila: AsyncAPI, Compose, Dockerfile, Kubernetes, GitHub Actions, Postman y Mermaid.
    Validar(validar::Validar),
    /// Levanta un entorno aparte para pruebas y termina, o lo baja.
    Entorno(entorno::OrdenEntorno),
}

impl Orden {
    pub async fn ejecutar(self) -> Result<ExitCode> {
        match self {
            Self::Herramientas => herramientas::ejecutar().await?,
            Self::Up(orden) => orden.ejecutar().await?,
            Self::Down(orden) => orden.ejecutar().await?,
            Self::Status => return status::ejecutar().await,
            Self::Logs(orden) => orden.ejecutar().await?,
            Self::Demo(orden) => return orden.ejecutar().await,
            Self::Test(orden) => return orden.ejecutar().await,
            Self::Bench(orden) => return orden.ejecutar().await,
            Self::Corpus(orden) => return orden.ejecutar().await,
            Self::Escenario(orden) => return orden.ejecutar().await,
            Self::Topicos(orden) => orden.ejecutar().await?,
            Self::Asyncapi(orden) => orden.ejecutar()?,
            Self::Cartas(orden) => orden.ejecutar().await?,
            Self::Sagas(orden) => return orden.ejecutar().await,
            Self::Sqlx(orden) => return orden.ejecutar().await,
            Self::Validar(orden) => orden.ejecutar().await?,
            Self::Entorno(orden) => orden.ejecutar().await?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

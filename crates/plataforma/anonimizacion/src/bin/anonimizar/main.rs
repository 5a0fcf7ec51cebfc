//! `anonimizar`: cleans files and folders of medical images.

mod entradas;
mod ordenes;
mod resumen;
mod tanda;

use std::{io::Write, process::ExitCode};

use clap::Parser;

use ordenes::Ordenes;

/// Some inputs stay in quarantine.
const CON_CUARENTENA: u8 = 2;

fn main() -> ExitCode {
    // A library that gives up is reported by code; its message could quote the input.
    std::panic::set_hook(Box::new(|_| {}));
    match ejecutar(&Ordenes::parse()) {
        Ok(codigo) => codigo,
        Err(error) => {
            let escrito = writeln!(std::io::stderr(), "error: {error}");
            escrito.map_or(ExitCode::FAILURE, |()| ExitCode::FAILURE)
        }
    }
}

fn ejecutar(ordenes: &Ordenes) -> Result<ExitCode, ordenes::ErrorOrdenes> {
    let anonimizador = ordenes.anonimizador()?;
    let hilos = rayon::ThreadPoolBuilder::new().num_threads(ordenes.hilos).build()?;
    std::fs::create_dir_all(&ordenes.salida).map_err(ordenes::ErrorOrdenes::Salida)?;
    let entradas = entradas::buscar(&ordenes.entradas, &ordenes.salida);
    let ficheros = hilos.install(|| tanda::procesar(&anonimizador, &entradas, ordenes));
    let resumen = resumen::Resumen::de(&ficheros);
    if let Some(archivo) = &ordenes.informe {
        resumen::guardar(archivo, &resumen, &ficheros)?;
    }
    if !ordenes.callado {
        resumen.mostrar(&mut std::io::stdout().lock()).map_err(ordenes::ErrorOrdenes::Consola)?;
    }
    Ok(match (resumen.errores, resumen.cuarentena + resumen.rechazados) {
        (0, 0) => ExitCode::SUCCESS,
        (0, _) => ExitCode::from(CON_CUARENTENA),
        _ => ExitCode::FAILURE,
    })
}

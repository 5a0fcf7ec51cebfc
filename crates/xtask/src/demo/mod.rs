//! `demo`: the whole journey, live, through the public door only.

mod bff;
mod cuerpos;
mod escenas;
mod respuestas;
mod seguimiento;

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;

use crate::consola::{error, fallo, hecho, linea, tenue, titulo};
use crate::entorno::Entorno;
use crate::estado::Estado;
use crate::ordenes::{esperar_cierre, mostrar_urls, up};
use bff::Bff;
use escenas::Escenas;

#[derive(Args)]
pub struct Demo {
    /// Termina al acabar el recorrido: con 0 solo si todo ocurrió como se describe.
    #[arg(long)]
    once: bool,
}

impl Demo {
    pub async fn ejecutar(self) -> Result<ExitCode> {
        let entorno = Entorno::local()?;
        let (estado, nuevo) = up::asegurar(&entorno).await?;
        let recorrido = tokio::select! {
            recorrido = recorrer(&estado) => recorrido,
            cierre = esperar_cierre() => cierre.map(|()| false),
        };
        let bien = match recorrido {
            Ok(bien) => bien,
            Err(causa) => {
                error(&causa);
                false
            }
        };
        if !self.once && nuevo && bien {
            mostrar_urls(&estado);
            linea(tenue("\nSigue en marcha: abre esas direcciones. Ctrl-C lo detiene todo"));
            up::vigilar_y_bajar(&entorno, &estado).await?;
        } else if nuevo {
            entorno.bajar().await?;
        } else {
            mostrar_urls(&estado);
        }
        Ok(if bien { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

/// Plays every scene, whatever happened in the others; true if all went as described.
async fn recorrer(estado: &Estado) -> Result<bool> {
    let bff = Bff::nuevo(&estado.proceso("bff-web").map_or_else(String::new, |proceso| proceso.url.clone()))?;
    let mut escenas = Escenas::nuevas(bff, estado.correos.clone());
    let resultados = [
        ("suscripción PRO completada", escenas.pro().await),
        ("suscripción PRO_PLUS compensada", escenas.pro_plus().await),
        ("suscripción BASICO activa", escenas.basico().await),
        ("imagen procesada", escenas.imagen().await),
        ("un correo por desenlace", escenas.correos().await),
    ];
    titulo("Resumen");
    for (nombre, resultado) in &resultados {
        match resultado {
            Ok(()) => hecho(nombre),
            Err(causa) => fallo(format!("{nombre}: {causa:#}")),
        }
    }
    Ok(resultados.iter().all(|(_, resultado)| resultado.is_ok()))
}

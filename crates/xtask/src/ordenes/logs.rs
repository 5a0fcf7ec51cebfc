//! `logs`: the end of the logs, and what comes after it.

use std::io::{Read, Seek, SeekFrom};
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::Args;

use crate::consola::{linea, tenue};
use crate::estado;
use crate::rutas;

#[derive(Args)]
pub struct Logs {
    /// Un proceso (suscripciones, pulsar, ...); sin él, todos.
    servicio: Option<String>,
    /// Sigue mostrando lo que llegue.
    #[arg(short = 'f', long)]
    seguir: bool,
    /// Cuántas líneas del final.
    #[arg(short = 'n', long, default_value_t = 40)]
    lineas: usize,
}

impl Logs {
    pub async fn ejecutar(self) -> Result<()> {
        let mut registros = registros(self.servicio.as_deref())?;
        let varios = registros.len() > 1;
        for registro in &mut registros {
            let nuevas = registro.nuevas()?;
            for texto in nuevas.iter().skip(nuevas.len().saturating_sub(self.lineas)) {
                mostrar(varios, &registro.nombre, texto);
            }
        }
        if !self.seguir {
            return Ok(());
        }
        loop {
            tokio::time::sleep(Duration::from_millis(200)).await;
            for registro in &mut registros {
                for texto in registro.nuevas()? {
                    mostrar(varios, &registro.nombre, &texto);
                }
            }
        }
    }
}

fn mostrar(varios: bool, nombre: &str, texto: &str) {
    if varios { linea(format!("{} {texto}", tenue(format!("{nombre:<15}")))) } else { linea(texto) }
}

struct Registro {
    nombre: String,
    ruta: PathBuf,
    leido: u64,
}

impl Registro {
    /// The lines written since the last call; from the start again if the file is a new, shorter one.
    fn nuevas(&mut self) -> Result<Vec<String>> {
        let mut fichero =
            std::fs::File::open(&self.ruta).with_context(|| format!("no se pudo abrir {}", self.ruta.display()))?;
        if fichero.metadata()?.len() < self.leido {
            self.leido = 0;
        }
        fichero.seek(SeekFrom::Start(self.leido))?;
        let mut bytes = Vec::new();
        fichero.read_to_end(&mut bytes)?;
        let enteras = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |ultima| ultima + 1);
        self.leido += enteras as u64;
        Ok(String::from_utf8_lossy(&bytes[..enteras]).lines().map(str::to_owned).collect())
    }
}

fn registros(servicio: Option<&str>) -> Result<Vec<Registro>> {
    let Some(estado) = estado::leer(&rutas::local())? else { bail!("no hay nada en marcha") };
    let elegidos: Vec<Registro> = estado
        .procesos
        .iter()
        .filter(|proceso| servicio.is_none_or(|nombre| proceso.nombre == nombre))
        .map(|proceso| Registro { nombre: proceso.nombre.clone(), ruta: proceso.registro.clone(), leido: 0 })
        .collect();
    if elegidos.is_empty() {
        let nombres: Vec<&str> = estado.procesos.iter().map(|proceso| proceso.nombre.as_str()).collect();
        bail!("no hay ningún proceso con ese nombre; hay: {}", nombres.join(", "));
    }
    Ok(elegidos)
}

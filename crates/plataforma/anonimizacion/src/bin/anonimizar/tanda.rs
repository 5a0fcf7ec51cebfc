use std::{
    collections::HashSet,
    fs, io,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use anonimizacion::{Anonimizado, Anonimizador, Informe, planas::FormatoPlano};
use indicatif::{ParallelProgressIterator, ProgressBar, ProgressStyle};
use rayon::prelude::*;
use serde::Serialize;

use crate::ordenes::Ordenes;

/// What became of one input.
#[derive(Serialize)]
pub struct Fichero {
    pub entrada: PathBuf,
    pub salida: Option<PathBuf>,
    pub estado: Estado,
    pub razon: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub informe: Option<Informe>,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Estado {
    Limpio,
    /// An image that nobody proved clean.
    Cuarentena,
    /// Nothing that could be read as an image.
    Rechazado,
    /// The file system failed.
    Error,
}

/// Cleans every input, in parallel.
pub fn procesar(anonimizador: &Anonimizador, entradas: &[PathBuf], ordenes: &Ordenes) -> Vec<Fichero> {
    let usados = Mutex::new(HashSet::new());
    let barra = if ordenes.callado { ProgressBar::hidden() } else { barra(entradas.len()) };
    entradas
        .par_iter()
        .progress_with(barra)
        .map(|entrada| procesar_uno(anonimizador, entrada, &ordenes.salida, &usados))
        .collect()
}

fn procesar_uno(
    anonimizador: &Anonimizador,
    entrada: &Path,
    salida: &Path,
    usados: &Mutex<HashSet<String>>,
) -> Fichero {
    let con = |salida, estado, razon, informe| Fichero { entrada: entrada.to_owned(), salida, estado, razon, informe };
    let Ok(bytes) = fs::read(entrada) else {
        return con(None, Estado::Error, Some("no_se_puede_leer"), None);
    };
    match anonimizador.anonimizar(&bytes) {
        Ok(limpio) => match guardar(&limpio, &bytes, salida, usados) {
            Ok(ruta) => con(Some(ruta), Estado::Limpio, None, Some(limpio.informe)),
            Err(_) => con(None, Estado::Error, Some("no_se_puede_escribir"), None),
        },
        Err(rechazo) => {
            let estado = if rechazo.codigo.es_revisable() { Estado::Cuarentena } else { Estado::Rechazado };
            con(None, estado, Some(rechazo.codigo.codigo()), Some(*rechazo.informe))
        }
    }
}

/// Writes under a temporary name and renames, so that nothing half-written ever has the name of something clean.
fn guardar(
    limpio: &Anonimizado,
    original: &[u8],
    salida: &Path,
    usados: &Mutex<HashSet<String>>,
) -> io::Result<PathBuf> {
    let nombre = nombre_libre(limpio, original, usados);
    let ruta = salida.join(&nombre);
    let temporal = salida.join(format!(".{nombre}.parcial"));
    fs::write(&temporal, &limpio.bytes)?;
    fs::rename(&temporal, &ruta)?;
    Ok(ruta)
}

/// The object's new name; a plain image is named by its digest.
fn nombre_libre(limpio: &Anonimizado, original: &[u8], usados: &Mutex<HashSet<String>>) -> String {
    let digestion = limpio.informe.sha256.as_deref().unwrap_or_default();
    let (base, extension) = match &limpio.informe.instancia {
        Some(instancia) => (instancia.as_str(), "dcm"),
        None => match FormatoPlano::de(original) {
            Some(FormatoPlano::Jpeg) => (digestion, "jpg"),
            Some(FormatoPlano::Png) => (digestion, "png"),
            Some(FormatoPlano::Tiff) => (digestion, "tif"),
            None => (digestion, "bin"),
        },
    };
    let mut usados = usados.lock().unwrap_or_else(PoisonError::into_inner);
    let mut nombre = format!("{base}.{extension}");
    let mut copia = 1;
    while !usados.insert(nombre.clone()) {
        copia += 1;
        nombre = format!("{base}-{copia}.{extension}");
    }
    nombre
}

fn barra(total: usize) -> ProgressBar {
    let barra = ProgressBar::new(total as u64);
    let estilo = ProgressStyle::with_template("{bar:40} {pos}/{len} imágenes, {per_sec}, faltan {eta}");
    if let Ok(estilo) = estilo {
        barra.set_style(estilo);
    }
    barra
}

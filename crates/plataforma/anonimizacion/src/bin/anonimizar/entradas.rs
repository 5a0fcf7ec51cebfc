use std::path::{Path, PathBuf};

use walkdir::WalkDir;

/// Every file of the inputs, in order, without what the run itself writes. What cannot be listed stays in the list,
/// so that it fails by name.
pub fn buscar(entradas: &[PathBuf], salida: &Path) -> Vec<PathBuf> {
    let propia = salida.canonicalize().ok();
    let ajena = |ruta: &Path| propia.is_none() || ruta.canonicalize().ok() != propia;
    let mut halladas = Vec::new();
    for entrada in entradas {
        let recorrido = WalkDir::new(entrada).sort_by_file_name().into_iter();
        for hallada in recorrido.filter_entry(|entrada| !entrada.file_type().is_dir() || ajena(entrada.path())) {
            match hallada {
                Ok(hallada) if hallada.file_type().is_dir() => {}
                Ok(hallada) => halladas.push(hallada.into_path()),
                Err(error) => halladas.push(error.path().unwrap_or(entrada).to_owned()),
            }
        }
    }
    halladas.dedup();
    halladas
}

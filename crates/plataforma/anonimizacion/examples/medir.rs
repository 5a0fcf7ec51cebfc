//! Cleans the pixels of DICOM files and says how long it took: `medir FILE...`.
#![expect(clippy::print_stdout, reason = "its output is what it is for")]

use std::time::Instant;

use anonimizacion::{
    PoliticaPixeles,
    pixeles::{limpiar, verificar},
};

fn main() {
    for ruta in std::env::args().skip(1) {
        println!("{ruta}\t{}", medir(&ruta).unwrap_or_else(|error| error.to_string()));
    }
}

fn medir(ruta: &str) -> Result<String, Box<dyn std::error::Error>> {
    let original = dicom_object::open_file(ruta)?;
    let mut objeto = original.clone();
    let inicio = Instant::now();
    let informe = limpiar(&mut objeto, &PoliticaPixeles { detectar: true, ..PoliticaPixeles::default() })?;
    let limpieza = inicio.elapsed().as_micros();
    let mut bytes = Vec::new();
    objeto.write_all(&mut bytes)?;
    let releido = dicom_object::from_reader(&bytes[..])?;
    let inicio = Instant::now();
    verificar(&original, &releido, &informe)?;
    let prueba = inicio.elapsed().as_micros();
    let cajas = informe.regiones.iter().map(|region| {
        let c = region.caja;
        let cuadro = c.cuadro.map_or_else(|| "*".to_string(), |n| n.to_string());
        format!("{cuadro}:{},{},{},{}", c.x, c.y, c.ancho, c.alto)
    });
    let cajas: Vec<String> = cajas.collect();
    Ok(format!("{limpieza} us\t{prueba} us\t{} frames\t{}", informe.cuadros, cajas.join(" ")))
}

//! Pulsar's jars: resolved by Maven once, and exactly the ones this repository names.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use aws_lc_rs::digest::{Context as Resumen, SHA256, digest};

use crate::consola::Tarea;
use crate::rutas;
use crate::{herramientas, maven};

type Lista = BTreeMap<String, String>;

/// Brings and verifies the jars unless the stamp says that this very list was verified.
pub async fn preparar() -> Result<()> {
    let texto = fs::read_to_string(rutas::deploy_local().join("pulsar.sha256"))?;
    let sello = hex::encode(digest(&SHA256, texto.as_bytes()));
    let marca = rutas::local().join("pulsar/verificado");
    let esperados = leer_lista(&texto)?;
    let carpeta = rutas::jars_de_pulsar();
    if fs::read_to_string(&marca).is_ok_and(|escrito| escrito == sello) && presentes(&carpeta)? == esperados.len() {
        return Ok(());
    }
    let maven = herramientas::maven().await?;
    if presentes(&carpeta)? != esperados.len() {
        traer(&maven, &carpeta, esperados.len()).await?;
    }
    let tarea = Tarea::nueva("Verificando los jars de Pulsar");
    verificar(&carpeta, &esperados)?;
    fs::write(&marca, sello)?;
    tarea.lista(format!("{} jars de Pulsar verificados", esperados.len()));
    Ok(())
}

async fn traer(maven: &Path, carpeta: &Path, cuantos: usize) -> Result<()> {
    if carpeta.exists() {
        fs::remove_dir_all(carpeta)?;
    }
    fs::create_dir_all(carpeta)?;
    let tarea = Tarea::con_total("Trayendo Apache Pulsar con Maven", cuantos as u64);
    let pom = rutas::deploy_local().join("pom.xml");
    let destino = format!("-DoutputDirectory={}", carpeta.display());
    maven::ejecutar(maven, &["-f", &pom.display().to_string(), "dependency:copy-dependencies", &destino], |linea| {
        if linea.contains("Downloaded from") && linea.contains(".jar") {
            tarea.avanzar(1);
        }
    })
    .await
    .context("Maven no pudo traer Pulsar; hace falta acceso a Maven Central la primera vez")?;
    tarea.lista("Apache Pulsar 4.0.7 en .local/pulsar/lib");
    Ok(())
}

fn presentes(carpeta: &Path) -> Result<usize> {
    if carpeta.is_dir() { Ok(jars(carpeta)?.len()) } else { Ok(0) }
}

/// The jars of a folder in a fixed order.
pub fn jars(carpeta: &Path) -> Result<Vec<PathBuf>> {
    let mut rutas: Vec<PathBuf> = fs::read_dir(carpeta)?
        .map(|entrada| entrada.map(|e| e.path()))
        .collect::<std::io::Result<Vec<_>>>()?
        .into_iter()
        .filter(|ruta| ruta.extension().is_some_and(|extension| extension == "jar"))
        .collect();
    rutas.sort();
    Ok(rutas)
}

/// Reads lines of `sha256sum`: digest, two blanks, name.
fn leer_lista(texto: &str) -> Result<Lista> {
    texto
        .lines()
        .map(|linea| {
            let (resumen, nombre) = linea.split_once("  ").with_context(|| format!("línea mal formada: {linea}"))?;
            Ok((nombre.to_owned(), resumen.to_owned()))
        })
        .collect()
}

fn verificar(carpeta: &Path, esperados: &Lista) -> Result<()> {
    let hallados = jars(carpeta)?.iter().map(|ruta| resumir(ruta)).collect::<Result<Lista>>()?;
    let problemas = diferencias(esperados, &hallados);
    ensure!(
        problemas.is_empty(),
        "los jars de {} no son los de deploy/local/pulsar.sha256 (borra la carpeta para traerlos otra vez):\n{}",
        rutas::corta(carpeta),
        problemas.join("\n")
    );
    Ok(())
}

fn resumir(ruta: &Path) -> Result<(String, String)> {
    let Some(nombre) = ruta.file_name().and_then(|nombre| nombre.to_str()) else {
        bail!("nombre de jar ilegible: {}", ruta.display())
    };
    let mut resumen = Resumen::new(&SHA256);
    resumen.update(&fs::read(ruta)?);
    Ok((nombre.to_owned(), hex::encode(resumen.finish())))
}

fn diferencias(esperados: &Lista, hallados: &Lista) -> Vec<String> {
    let faltan_o_difieren = esperados.iter().filter_map(|(nombre, resumen)| match hallados.get(nombre) {
        None => Some(format!("  falta {nombre}")),
        Some(otro) if otro != resumen => Some(format!("  {nombre} es distinto: {otro}")),
        Some(_) => None,
    });
    let sobran = hallados.keys().filter(|nombre| !esperados.contains_key(*nombre)).map(|n| format!("  sobra {n}"));
    faltan_o_difieren.chain(sobran).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn un_jar_ausente_otro_distinto_y_otro_de_mas_se_nombran() {
        let esperados = leer_lista("aa  uno.jar\nbb  dos.jar\ncc  tres.jar").expect("a well-formed list");
        let hallados = leer_lista("aa  uno.jar\nff  dos.jar\ndd  cuatro.jar").expect("a well-formed list");
        assert_eq!(
            diferencias(&esperados, &hallados),
            ["  dos.jar es distinto: ff", "  falta tres.jar", "  sobra cuatro.jar"]
        );
    }
}

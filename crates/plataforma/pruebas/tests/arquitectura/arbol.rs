use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// The workspace as the rules see it: text by path, and who depends on whom.
#[derive(Default)]
pub struct Arbol {
    /// Path relative to the root, with `/`. Files of other kinds than source, schema or manifest
    /// keep an empty text.
    pub archivos: BTreeMap<String, String>,
    pub paquetes: Vec<Paquete>,
}

pub struct Paquete {
    pub nombre: String,
    /// Folder relative to the root: `crates/suscripciones`.
    pub carpeta: String,
    /// Every direct dependency, of tests and build scripts too.
    pub dependencias: BTreeSet<String>,
}

/// A broken rule.
#[derive(Debug, PartialEq, Eq)]
pub struct Falta {
    pub donde: String,
    pub motivo: String,
}

impl Falta {
    pub fn nueva(donde: impl Into<String>, motivo: impl Into<String>) -> Self {
        Self { donde: donde.into(), motivo: motivo.into() }
    }
}

impl Paquete {
    pub fn es_servicio(&self) -> bool {
        !self.es_plataforma() && !self.es_simulacion() && self.carpeta != "crates/xtask"
    }

    /// The one package that may know several services, because nothing is built on it.
    pub fn es_simulacion(&self) -> bool {
        self.carpeta == "crates/simulacion"
    }

    pub fn es_plataforma(&self) -> bool {
        self.carpeta.starts_with("crates/plataforma/")
    }
}

impl Arbol {
    /// Reads the workspace from disk.
    pub fn leer(raiz: &Path) -> Self {
        let mut archivos = BTreeMap::new();
        for carpeta in ["crates", "schemas"] {
            for entrada in walkdir::WalkDir::new(raiz.join(carpeta)) {
                let entrada = entrada.expect("a readable folder");
                if entrada.file_type().is_file() {
                    archivos.insert(relativa(raiz, entrada.path()), texto(entrada.path()));
                }
            }
        }
        Self { archivos, paquetes: leer_paquetes(raiz) }
    }

    pub fn rust(&self) -> impl Iterator<Item = (&str, &str)> {
        self.con_extension(".rs")
    }

    pub fn esquemas(&self) -> impl Iterator<Item = (&str, &str)> {
        self.con_extension(".avsc").filter(|(ruta, _)| !ruta.starts_with("schemas/publicados/"))
    }

    fn con_extension(&self, extension: &'static str) -> impl Iterator<Item = (&str, &str)> {
        let archivos = self.archivos.iter().map(|(ruta, texto)| (ruta.as_str(), texto.as_str()));
        archivos.filter(move |(ruta, _)| ruta.ends_with(extension))
    }

    pub fn servicios(&self) -> impl Iterator<Item = &Paquete> {
        self.paquetes.iter().filter(|paquete| paquete.es_servicio())
    }
}

fn leer_paquetes(raiz: &Path) -> Vec<Paquete> {
    let metadatos = cargo_metadata::MetadataCommand::new()
        .manifest_path(raiz.join("Cargo.toml"))
        .no_deps()
        .exec()
        .expect("cargo describes the workspace");
    let paquete = |paquete: &cargo_metadata::Package| Paquete {
        nombre: paquete.name.to_string(),
        carpeta: relativa(raiz, paquete.manifest_path.parent().expect("a manifest has a folder").as_std_path()),
        dependencias: paquete.dependencies.iter().map(|otra| otra.name.clone()).collect(),
    };
    metadatos.packages.iter().map(paquete).collect()
}

fn relativa(raiz: &Path, ruta: &Path) -> String {
    let relativa = ruta.strip_prefix(raiz).expect("inside the root");
    relativa.to_str().expect("paths are UTF-8").replace('\\', "/")
}

fn texto(ruta: &Path) -> String {
    let legible = ruta.extension().is_some_and(|extension| extension == "rs" || extension == "avsc");
    if legible { std::fs::read_to_string(ruta).expect("source is UTF-8") } else { String::new() }
}

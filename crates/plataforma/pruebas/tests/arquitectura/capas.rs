//! The dependency rule: what the inner rooms of a service may name.

use super::arbol::{Arbol, Falta};
use super::fuente::{Fuente, Ruta, es_tipo};

/// An inner room, the crates it may name and the rooms it may see.
struct Capa {
    nombre: &'static str,
    externos: &'static [&'static str],
    visibles: &'static [&'static str],
}

const CAPAS: [Capa; 2] = [
    Capa { nombre: "dominio", externos: &["thiserror", "uuid", "chrono", "serde"], visibles: &["dominio"] },
    Capa {
        nombre: "aplicacion",
        // `saga` is the pure engine: no I/O behind it, so no port in front of it.
        externos: &["thiserror", "uuid", "chrono", "serde", "async_trait", "saga"],
        visibles: &["aplicacion", "dominio"],
    },
];

const INTERIOR: [&str; 2] = ["dominio", "aplicacion"];

/// Language, standard library, and the namespaces of tool attributes.
const SIEMPRE: [&str; 6] = ["std", "core", "alloc", "clippy", "rustfmt", "rustdoc"];

const PRIMITIVOS: [&str; 17] = [
    "u8", "u16", "u32", "u64", "u128", "usize", "i8", "i16", "i32", "i64", "i128", "isize", "f32", "f64", "bool",
    "char", "str",
];

/// `dominio` and `aplicacion` name only what they are allowed to.
pub fn capas_interiores(arbol: &Arbol) -> Vec<Falta> {
    let mut faltas = Vec::new();
    for servicio in arbol.servicios() {
        for capa in &CAPAS {
            let carpeta = format!("{}/src/{}", servicio.carpeta, capa.nombre);
            let dentro = |ruta: &str| ruta.starts_with(&format!("{carpeta}/")) || ruta == format!("{carpeta}.rs");
            for (ruta, texto) in arbol.rust().filter(|(ruta, _)| dentro(ruta)) {
                faltas.extend(revisar_capa(capa, ruta, texto, &modulo_de(ruta, &servicio.carpeta)));
            }
        }
    }
    faltas
}

/// Only `composicion.rs` knows both the ports and what implements them; an adapter names its port.
pub fn solo_composicion_une(arbol: &Arbol) -> Vec<Falta> {
    let mut faltas = Vec::new();
    for servicio in arbol.servicios() {
        let fuente = format!("{}/src/", servicio.carpeta);
        let exento = |resto: &str| resto == "composicion.rs" || resto.starts_with("infraestructura/");
        for (ruta, texto) in arbol.rust() {
            let Some(resto) = ruta.strip_prefix(&fuente).filter(|resto| !exento(resto)) else {
                continue;
            };
            let modulo = modulo_de(ruta, &servicio.carpeta);
            let Ok(leida) = Fuente::leer(texto) else {
                faltas.push(Falta::nueva(ruta, "no se puede leer"));
                continue;
            };
            let nombra = |prefijo: &[&str]| {
                leida.rutas.iter().any(|ruta| {
                    let resuelta = resolver(ruta, &modulo).unwrap_or_default();
                    resuelta.iter().map(String::as_str).take(prefijo.len()).eq(prefijo.iter().copied())
                })
            };
            if nombra(&["aplicacion", "puertos"]) && nombra(&["infraestructura"]) {
                faltas.push(Falta::nueva(ruta, format!("{resto} nombra puertos y adaptadores")));
            }
        }
    }
    faltas
}

/// The simulation runs what services decide, over ports of its own: it names their inner rooms and no other.
pub fn la_simulacion_ve_solo_el_interior(arbol: &Arbol) -> Vec<Falta> {
    let servicios: Vec<String> = arbol.servicios().map(|servicio| servicio.nombre.replace('-', "_")).collect();
    let mut faltas = Vec::new();
    for paquete in arbol.paquetes.iter().filter(|paquete| paquete.es_simulacion()) {
        let carpeta = format!("{}/", paquete.carpeta);
        for (archivo, texto) in arbol.rust().filter(|(ruta, _)| ruta.starts_with(&carpeta)) {
            let Ok(fuente) = Fuente::leer(texto) else {
                faltas.push(Falta::nueva(archivo, "no se puede leer"));
                continue;
            };
            for ruta in &fuente.rutas {
                let [raiz, cuarto, ..] = ruta.tramos.as_slice() else { continue };
                if servicios.contains(raiz) && !INTERIOR.contains(&cuarto.as_str()) {
                    let motivo = format!("la simulación no puede nombrar {}", ruta.tramos.join("::"));
                    faltas.push(Falta::nueva(format!("{archivo}:{}", ruta.linea), motivo));
                }
            }
        }
    }
    faltas
}

fn revisar_capa(capa: &Capa, archivo: &str, texto: &str, modulo: &[String]) -> Vec<Falta> {
    let Ok(fuente) = Fuente::leer(texto) else {
        return vec![Falta::nueva(archivo, "no se puede leer")];
    };
    let ajena = |ruta: &&Ruta| match resolver(ruta, modulo) {
        Some(resuelta) => !resuelta.first().is_some_and(|cuarto| capa.visibles.contains(&cuarto.as_str())),
        None => {
            let raiz = ruta.tramos.first().map_or("", String::as_str);
            let conocida = SIEMPRE.contains(&raiz) || capa.externos.contains(&raiz);
            let local = es_tipo(raiz) || PRIMITIVOS.contains(&raiz) || fuente.enlazados.contains(raiz);
            !conocida && (ruta.absoluta || !local)
        }
    };
    let falta = |ruta: &Ruta| {
        let motivo = format!("{} no puede nombrar {}", capa.nombre, ruta.tramos.join("::"));
        Falta::nueva(format!("{archivo}:{}", ruta.linea), motivo)
    };
    fuente.rutas.iter().filter(ajena).map(falta).collect()
}

/// The path from the crate's root, if the path is about this crate.
fn resolver(ruta: &Ruta, modulo: &[String]) -> Option<Vec<String>> {
    let mut actual: Vec<String> = modulo.iter().chain(&ruta.dentro_de).cloned().collect();
    let mut tramos = ruta.tramos.iter().peekable();
    match tramos.peek().map(|tramo| tramo.as_str()) {
        Some("crate") => {
            actual.clear();
            tramos.next();
        }
        Some("self") => {
            tramos.next();
        }
        Some("super") => {}
        _ => return None,
    }
    for tramo in tramos {
        if tramo == "super" {
            actual.pop();
        } else {
            actual.push(tramo.clone());
        }
    }
    Some(actual)
}

/// `crates/x/src/dominio/plan.rs` is the module `dominio::plan`.
fn modulo_de(ruta: &str, carpeta: &str) -> Vec<String> {
    let resto = ruta.strip_prefix(&format!("{carpeta}/src/")).unwrap_or(ruta);
    let tramos = resto.trim_end_matches(".rs").split('/');
    tramos.filter(|tramo| !["mod", "lib", "main"].contains(tramo)).map(str::to_owned).collect()
}

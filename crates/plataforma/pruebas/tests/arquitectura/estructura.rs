//! The shape of crates, files and functions.

use super::arbol::{Arbol, Falta, Paquete};
use super::fuente::Fuente;

const LINEAS_POR_ARCHIVO: usize = 400;
const LINEAS_POR_FUNCION: usize = 60;
const LINEAS_POR_MAIN: usize = 40;

const NOMBRES_PROHIBIDOS: [&str; 6] = ["utils", "util", "common", "shared", "helpers", "misc"];

const CUARTOS: [&str; 4] = ["dominio", "aplicacion", "infraestructura", "api"];

/// Everything that may stand at the top of a service crate; a folder ends in `/`.
const EN_LA_RAIZ: [&str; 9] =
    ["Cargo.toml", "README.md", "build.rs", "sqlx.toml", ".sqlx/", "config/", "migrations/", "src/", "tests/"];

const OBLIGATORIOS: [&str; 6] =
    ["Cargo.toml", "config/default.toml", "src/composicion.rs", "src/lib.rs", "src/main.rs", "tests/it/main.rs"];

/// What a service with a database has as well; a folder counts once it has a file.
const OBLIGATORIOS_CON_BASE: [&str; 4] = [".sqlx/", "build.rs", "migrations/", "sqlx.toml"];

/// A service has its four rooms, its fixed files and nothing else.
pub fn cuatro_cuartos(arbol: &Arbol) -> Vec<Falta> {
    arbol.servicios().flat_map(|servicio| revisar_servicio(arbol, servicio)).collect()
}

fn revisar_servicio(arbol: &Arbol, servicio: &Paquete) -> Vec<Falta> {
    let prefijo = format!("{}/", servicio.carpeta);
    let archivos: Vec<&str> = arbol.archivos.keys().filter_map(|ruta| ruta.strip_prefix(&prefijo)).collect();
    let sobra = |archivo: &&str| !tiene_sitio(archivo);
    let sobrantes = archivos
        .iter()
        .copied()
        .filter(sobra)
        .map(|archivo| Falta::nueva(format!("{prefijo}{archivo}"), "no tiene sitio en un servicio"));
    let con_base = servicio.dependencias.contains("sqlx");
    let cuartos = CUARTOS.iter().map(|cuarto| format!("src/{cuarto}/"));
    let fijos = OBLIGATORIOS.iter().chain(OBLIGATORIOS_CON_BASE.iter().filter(|_| con_base));
    let esperados = cuartos.chain(fijos.map(|&fijo| fijo.to_owned()));
    let esta = |esperado: &String| {
        archivos.iter().any(|archivo| archivo == esperado || esperado.ends_with('/') && archivo.starts_with(esperado))
    };
    let ausentes = esperados.filter(|esperado| !esta(esperado));
    let ausentes = ausentes.map(|ausente| Falta::nueva(format!("{prefijo}{ausente}"), "falta"));
    sobrantes.chain(ausentes).collect()
}

fn tiene_sitio(archivo: &str) -> bool {
    let en_la_raiz =
        EN_LA_RAIZ.iter().any(|sitio| archivo == *sitio || sitio.ends_with('/') && archivo.starts_with(sitio));
    let en_src = archivo.strip_prefix("src/").is_none_or(|resto| match resto.split_once('/') {
        Some((cuarto, _)) => CUARTOS.contains(&cuarto),
        None => ["main.rs", "lib.rs", "composicion.rs"].contains(&resto),
    });
    let en_tests = archivo.strip_prefix("tests/").is_none_or(|resto| resto.starts_with("it/"));
    en_la_raiz && en_src && en_tests
}

/// No crate, folder, file or module has a name that says nothing.
pub fn nombres_con_sentido(arbol: &Arbol) -> Vec<Falta> {
    let prohibido = |nombre: &str| NOMBRES_PROHIBIDOS.contains(&nombre.to_lowercase().as_str());
    let mut faltas = Vec::new();
    for paquete in arbol.paquetes.iter().filter(|paquete| prohibido(&paquete.nombre)) {
        faltas.push(Falta::nueva(&paquete.carpeta, "el nombre del paquete no dice nada"));
    }
    for (ruta, texto) in arbol.rust() {
        if ruta.trim_end_matches(".rs").split('/').any(prohibido) {
            faltas.push(Falta::nueva(ruta, "el nombre del módulo no dice nada"));
        }
        let modulos = Fuente::leer(texto).map(|fuente| fuente.modulos).unwrap_or_default();
        for modulo in modulos.iter().filter(|modulo| prohibido(modulo)) {
            faltas.push(Falta::nueva(ruta, format!("el módulo {modulo} no dice nada")));
        }
    }
    faltas
}

/// Files, functions and `main.rs` stay short enough to be read at once.
pub fn tamanos(arbol: &Arbol) -> Vec<Falta> {
    let mut faltas = Vec::new();
    for (ruta, texto) in arbol.rust() {
        let es_main = ruta.ends_with("/src/main.rs") && !ruta.starts_with("crates/xtask/");
        let limite = if es_main { LINEAS_POR_MAIN } else { LINEAS_POR_ARCHIVO };
        let lineas = texto.lines().count();
        if lineas > limite {
            faltas.push(Falta::nueva(ruta, format!("{lineas} líneas; caben {limite}")));
        }
        let Ok(fuente) = Fuente::leer(texto) else {
            faltas.push(Falta::nueva(ruta, "no se puede leer"));
            continue;
        };
        for (funcion, rango) in &fuente.funciones {
            let largo = rango.end() + 1 - rango.start();
            if largo > LINEAS_POR_FUNCION {
                let donde = format!("{ruta}:{}", rango.start());
                faltas.push(Falta::nueva(donde, format!("{funcion} ocupa {largo} líneas; caben {LINEAS_POR_FUNCION}")));
            }
        }
    }
    faltas
}

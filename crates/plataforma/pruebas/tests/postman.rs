//! The Postman collection and the public routes are the same set: every route has a request, every request a route.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::Value;

/// Requests of this folder are there to be answered 404 and 405.
const SIN_RUTA: &str = "Rutas que no existen";
const SERVICIOS: [&str; 4] = ["suscripciones", "servicio-datos", "procesamiento", "notificaciones"];

/// A method and a path in which every parameter is `{}`.
type Ruta = (String, String);

fn raiz() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..")
}

fn leer(ruta: &str) -> String {
    std::fs::read_to_string(raiz().join(ruta)).unwrap_or_else(|error| panic!("{ruta}: {error}"))
}

fn ruta(metodo: &str, camino: &str) -> Ruta {
    let camino = camino.split('?').next().expect("a path");
    let tramo = |tramo: &str| if tramo.contains('{') { "{}".to_owned() } else { tramo.to_owned() };
    (metodo.to_uppercase(), camino.split('/').map(tramo).collect::<Vec<_>>().join("/"))
}

/// The path literals that follow `antes`; the text after each goes with it.
fn literales<'t>(texto: &'t str, antes: &str) -> Vec<(&'t str, &'t str)> {
    texto.split(antes).skip(1).filter_map(|resto| resto.split_once('"')).filter(|(l, _)| l.starts_with('/')).collect()
}

/// `.route("/path", get(handler).put(other))`: one route per method, up to the next `.route(`.
fn de_router(texto: &str, prefijo: &str) -> Vec<Ruta> {
    let metodos = ["get", "post", "put", "delete", "patch"];
    literales(texto, ".route(\"")
        .into_iter()
        .flat_map(|(camino, resto)| {
            let resto = resto.split([';', '}']).next().expect("a tail").split(".route(").next().expect("a tail");
            let usados = metodos.into_iter().filter(|metodo| resto.contains(&format!("{metodo}(")));
            usados.map(|metodo| ruta(metodo, &format!("{prefijo}{camino}"))).collect::<Vec<_>>()
        })
        .collect()
}

/// The tables of bff-web, as its sources write them.
fn de_la_puerta() -> BTreeSet<Ruta> {
    let api = |fichero: &str| leer(&format!("crates/bff-web/src/api/{fichero}"));
    let (comandos, tabla) = (api("comandos.rs"), api("pasarela/tabla.rs"));
    let ordenes = literales(&comandos, "(\"").into_iter().map(|(camino, _)| ruta("post", camino));
    let leidas = literales(&tabla, "leer(\"").into_iter().map(|(camino, _)| ruta("get", camino));
    let puestas = literales(&tabla, "poner(\"").into_iter().map(|(camino, _)| ruta("put", camino));
    let ordenadas = literales(&tabla, "ordenar(\"").into_iter().map(|(camino, _)| ruta("post", camino));
    let mut rutas: BTreeSet<Ruta> = ordenes.chain(leidas).chain(puestas).chain(ordenadas).collect();
    for metodo in ["GET", "POST", "PUT", "DELETE"] {
        for (camino, _) in literales(&tabla, &format!("(MethodFilter::{metodo}, \"")) {
            rutas.extend(SERVICIOS.map(|servicio| ruta(metodo, &format!("/admin/{servicio}{camino}"))));
        }
    }
    rutas.extend(de_router(&api("dicomweb.rs"), "/dicomweb"));
    rutas.extend(de_router(&api("imagenes.rs"), "/procesamiento"));
    rutas.extend(de_router(&api("operaciones.rs"), ""));
    rutas.extend(de_router(&api("suscripciones.rs"), ""));
    rutas.extend(de_router(&leer("crates/plataforma/servidor/src/salud.rs"), ""));
    rutas
}

fn de_la_coleccion() -> BTreeSet<Ruta> {
    let coleccion = leer("postman/saludtechalpes.postman_collection.json");
    let coleccion: Value = serde_json::from_str(&coleccion).expect("a collection");
    let mut rutas = BTreeSet::new();
    reunir(&coleccion, &mut rutas);
    rutas
}

fn reunir(nodo: &Value, rutas: &mut BTreeSet<Ruta>) {
    for hijo in nodo["item"].as_array().into_iter().flatten().filter(|hijo| hijo["name"] != SIN_RUTA) {
        reunir(hijo, rutas);
        if let Some(url) = hijo["request"]["url"].as_str() {
            let camino = url.strip_prefix("{{baseUrl}}").unwrap_or_else(|| panic!("{url} no empieza por baseUrl"));
            rutas.insert(ruta(hijo["request"]["method"].as_str().expect("a method"), camino));
        }
    }
}

#[test]
fn la_coleccion_y_la_puerta_tienen_las_mismas_rutas() {
    let (puerta, coleccion) = (de_la_puerta(), de_la_coleccion());
    let faltan: Vec<&Ruta> = puerta.difference(&coleccion).collect();
    let sobran: Vec<&Ruta> = coleccion.difference(&puerta).collect();
    assert!(faltan.is_empty() && sobran.is_empty(), "faltan en la colección: {faltan:#?}\nsobran: {sobran:#?}");
}

/// A route written in a way that this test does not read would be missing on both sides.
#[test]
fn no_hay_rutas_escritas_de_otra_manera() {
    let api = raiz().join("crates/bff-web/src/api");
    let con_rutas: BTreeSet<String> = walkdir::WalkDir::new(&api)
        .into_iter()
        .map(|entrada| entrada.expect("a readable folder").into_path())
        .filter(|fichero| {
            let texto =
                if fichero.is_file() { std::fs::read_to_string(fichero).expect("source") } else { String::new() };
            [".route(", "routing::"].iter().any(|forma| texto.contains(forma))
        })
        .map(|fichero| fichero.strip_prefix(&api).expect("inside").display().to_string())
        .collect();
    let leidos = [
        "comandos.rs",
        "dicomweb.rs",
        "imagenes.rs",
        "operaciones.rs",
        "pasarela/paso.rs",
        "pasarela/tabla.rs",
        "suscripciones.rs",
    ];
    let leidos: BTreeSet<String> = leidos.map(str::to_owned).into();
    let otros: Vec<&String> = con_rutas.difference(&leidos).collect();
    assert!(otros.is_empty(), "{otros:?}");
    assert!(de_la_puerta().len() > 50, "se leen muy pocas rutas");
}

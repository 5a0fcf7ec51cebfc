//! The page of failure cases names tests; a name that no test has is a promise that nobody keeps.

use super::arbol::{Arbol, Falta};

pub const PAGINA: &str = "docs/failure-cases.md";
const CASOS: usize = 10;

/// Each case names tests, and each of them exists in the file it is said to be in.
pub fn cada_caso_tiene_pruebas_que_existen(pagina: &str, arbol: &Arbol) -> Vec<Falta> {
    let casos: Vec<&str> = pagina.split("\n## ").skip(1).collect();
    let mut faltas = Vec::new();
    if casos.len() != CASOS {
        faltas.push(Falta::nueva(PAGINA, format!("{} casos; son {CASOS}", casos.len())));
    }
    for caso in casos {
        let titulo = caso.lines().next().unwrap_or_default();
        let nombradas: Vec<&str> = caso.lines().filter(|linea| linea.starts_with("- ")).collect();
        if nombradas.is_empty() {
            faltas.push(Falta::nueva(PAGINA, format!("«{titulo}» no nombra ninguna prueba")));
        }
        faltas.extend(nombradas.into_iter().filter_map(|linea| revisar(linea, arbol)));
    }
    faltas
}

fn revisar(linea: &str, arbol: &Arbol) -> Option<Falta> {
    let partes: Vec<&str> = linea.split('`').collect();
    let [_, ruta, _, prueba, ..] = partes.as_slice() else {
        return Some(Falta::nueva(PAGINA, format!("no nombra archivo y prueba: {linea}")));
    };
    let Some(texto) = arbol.archivos.get(*ruta) else {
        return Some(Falta::nueva(*ruta, "la página de fallos lo nombra y no existe"));
    };
    let motivo = format!("no tiene la prueba {prueba}, que la página de fallos nombra");
    (!tiene_prueba(texto, prueba)).then(|| Falta::nueva(*ruta, motivo))
}

/// A function of that name right below an attribute that makes it a test that runs.
fn tiene_prueba(texto: &str, nombre: &str) -> bool {
    let cabeza = format!("fn {nombre}(");
    let lineas: Vec<&str> = texto.lines().map(str::trim).collect();
    let Some(lugar) = lineas.iter().position(|linea| linea.contains(&cabeza)) else { return false };
    let atributos = lineas[..lugar].iter().rev().take_while(|linea| linea.starts_with("#["));
    let atributos: Vec<&&str> = atributos.collect();
    let es = |atributo: &str| ["#[test]", "#[tokio::test", "#[sqlx::test"].iter().any(|de| atributo.starts_with(de));
    atributos.iter().any(|atributo| es(atributo)) && !atributos.iter().any(|atributo| atributo.starts_with("#[ignore"))
}

//! The published language has one home.

use std::collections::BTreeSet;

use super::arbol::{Arbol, Falta};
use super::fuente::Fuente;

/// A row of the table of topics.
pub struct Fila<'a> {
    pub tema: &'a str,
    pub tipo: &'a str,
    pub avsc: &'a str,
}

/// Every message of the table has exactly one schema file, which is the one it carries, and every
/// schema file has its message.
pub fn cada_mensaje_tiene_su_esquema(arbol: &Arbol, tabla: &[Fila<'_>]) -> Vec<Falta> {
    let mut faltas = repetidos(tabla);
    let mut esquemas = Vec::new();
    for (ruta, texto) in arbol.esquemas() {
        match nombre_del_registro(texto) {
            Some(nombre) => esquemas.push((ruta, texto, nombre)),
            None => faltas.push(Falta::nueva(ruta, "no es un esquema con nombre")),
        }
    }
    for fila in tabla {
        let suyos: Vec<_> = esquemas.iter().filter(|(_, _, nombre)| nombre == fila.tipo).collect();
        match suyos.as_slice() {
            [(_, texto, _)] if *texto == fila.avsc => {}
            [(ruta, ..)] => faltas.push(Falta::nueva(*ruta, "no es el esquema que lleva la tabla")),
            otros => faltas.push(Falta::nueva(fila.tipo, format!("tiene {} esquemas", otros.len()))),
        }
    }
    for (ruta, _, nombre) in esquemas {
        if !tabla.iter().any(|fila| fila.tipo == nombre) {
            faltas.push(Falta::nueva(ruta, format!("{nombre} no está en la tabla")));
        }
    }
    faltas
}

fn repetidos(tabla: &[Fila<'_>]) -> Vec<Falta> {
    let mut vistos = BTreeSet::new();
    let nombres = tabla.iter().flat_map(|fila| [fila.tema, fila.tipo]);
    let repetidos = nombres.filter(|nombre| !vistos.insert(*nombre));
    repetidos.map(|nombre| Falta::nueva(nombre, "está dos veces en la tabla")).collect()
}

fn nombre_del_registro(avsc: &str) -> Option<String> {
    let esquema: serde_json::Value = serde_json::from_str(avsc).ok()?;
    Some(esquema.get("name")?.as_str()?.to_owned())
}

/// Topic names are written in `contratos` only. A topic whose name is one plain word is left out:
/// the same word may mean something else.
pub fn los_temas_solo_se_nombran_en_contratos(arbol: &Arbol, tabla: &[Fila<'_>]) -> Vec<Falta> {
    let familias = ["eventos", "comandos"].map(|familia| format!("{familia}-"));
    let es_tema = |texto: &str| {
        let nombrado = tabla.iter().any(|fila| fila.tema.contains('-') && texto.contains(fila.tema));
        nombrado || familias.iter().any(|familia| texto.contains(familia))
    };
    let mut faltas = Vec::new();
    for (ruta, texto) in arbol.rust().filter(|(ruta, _)| !ruta.starts_with("crates/plataforma/contratos/")) {
        let textos = Fuente::leer(texto).map(|fuente| fuente.textos).unwrap_or_default();
        for (linea, literal) in textos.iter().filter(|(_, literal)| es_tema(literal)) {
            faltas.push(Falta::nueva(format!("{ruta}:{linea}"), format!("nombra el tema {literal}")));
        }
    }
    faltas
}

/// Every message that the user asked for exists.
pub fn lo_pedido_existe(pedidos: &[&str], tabla: &[Fila<'_>]) -> Vec<Falta> {
    let existe = |mensaje: &&&str| tabla.iter().any(|fila| fila.tipo == **mensaje);
    pedidos.iter().filter(|mensaje| !existe(mensaje)).map(|mensaje| Falta::nueva(*mensaje, "no existe")).collect()
}

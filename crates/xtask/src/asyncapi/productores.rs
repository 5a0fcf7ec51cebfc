//! Which services send a message. The table of topics does not say it: it follows from the folder of the schema, and
//! for commands from the flows.

use std::collections::BTreeMap;
use std::fs;

use anyhow::{Context, Result};
use contratos::temas::{Clase, Tema};

use crate::rutas;

const PUERTA: &str = "bff-web";
const ORQUESTADOR: &str = "suscripciones";
/// Commands that nobody may give but a saga.
const SOLO_DE_SAGAS: [&str; 1] = ["ComandoDesistirOperacion"];
/// Its command leaves in the transaction that takes the image in, so it sends it to itself.
const PROCESAMIENTO: &str = "procesamiento";
const SAGA: &str = "saga";

/// The folder of each message's schema, by message type.
pub fn carpetas() -> Result<BTreeMap<String, String>> {
    let mut carpetas = BTreeMap::new();
    let raiz = rutas::raiz().join("schemas");
    for carpeta in fs::read_dir(&raiz).with_context(|| rutas::corta(&raiz))? {
        let carpeta = carpeta?;
        let nombre = carpeta.file_name().to_string_lossy().into_owned();
        // Frozen versions of the same messages.
        if nombre == "publicados" || !carpeta.path().is_dir() {
            continue;
        }
        for esquema in fs::read_dir(carpeta.path())? {
            let esquema = esquema?.path();
            if let Some(tipo) = esquema.file_stem().filter(|_| esquema.extension().is_some_and(|e| e == "avsc")) {
                carpetas.insert(tipo.to_string_lossy().into_owned(), nombre.clone());
            }
        }
    }
    Ok(carpetas)
}

/// The folder of one message.
pub fn carpeta<'a>(carpetas: &'a BTreeMap<String, String>, tema: &Tema) -> Result<&'a str> {
    carpetas.get(tema.tipo).map(String::as_str).with_context(|| format!("{} no tiene esquema en schemas/", tema.tipo))
}

/// The services that send a message.
pub fn productores<'a>(carpetas: &'a BTreeMap<String, String>, tema: &Tema) -> Result<Vec<&'a str>> {
    let carpeta = carpeta(carpetas, tema)?;
    Ok(match tema.clase {
        Clase::Comando if carpeta == PROCESAMIENTO => vec![PROCESAMIENTO],
        Clase::Comando if SOLO_DE_SAGAS.contains(&tema.tipo) => vec![ORQUESTADOR],
        Clase::Comando if en_un_flujo(tema.tipo)? => vec![PUERTA, ORQUESTADOR],
        Clase::Comando => vec![PUERTA],
        Clase::Evento | Clase::Registro | Clase::Estado if carpeta == SAGA => vec![ORQUESTADOR],
        Clase::Evento | Clase::Registro | Clase::Estado => vec![carpeta],
    })
}

/// Whether a checked-in flow sends this command, forward or to undo; the first step's only comes from outside.
fn en_un_flujo(tipo: &str) -> Result<bool> {
    let carpeta = rutas::raiz().join("crates/suscripciones/config/flujos");
    for fichero in fs::read_dir(&carpeta).with_context(|| rutas::corta(&carpeta))? {
        let flujo: serde_json::Value = serde_json::from_slice(&fs::read(fichero?.path())?)?;
        let pasos = flujo["pasos"].as_array().context("el flujo no tiene pasos")?;
        let envia = |paso: &serde_json::Value| {
            (paso["comando"] == tipo && paso["inicial"] != true) || paso["deshacer"]["comando"] == tipo
        };
        if pasos.iter().any(envia) {
            return Ok(true);
        }
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use contratos::temas::TEMAS;

    use super::*;

    /// Whether a service's sources or settings name a message.
    fn nombra(servicio: &str, tipo: &str) -> bool {
        let crate_ = rutas::raiz().join("crates").join(servicio);
        let mut pendientes = vec![crate_.join("src"), crate_.join("config")];
        while let Some(ruta) = pendientes.pop() {
            if ruta.is_dir() {
                let entradas = fs::read_dir(&ruta).expect("a readable folder");
                pendientes.extend(entradas.map(|entrada| entrada.expect("an entry").path()));
            } else if fs::read_to_string(&ruta).is_ok_and(|texto| texto.contains(tipo)) {
                return true;
            }
        }
        false
    }

    #[test]
    fn cada_servicio_nombra_los_mensajes_que_envia_o_recibe() {
        let carpetas = carpetas().expect("schemas");
        for tema in TEMAS {
            let emisores = productores(&carpetas, tema).expect("a folder");
            for servicio in emisores.into_iter().chain(tema.suscripciones.iter().copied()) {
                assert!(nombra(servicio, tema.tipo), "{servicio} no nombra {}", tema.tipo);
            }
        }
    }
}

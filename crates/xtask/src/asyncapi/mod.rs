//! The AsyncAPI document: who sends and who receives each message, made from the table of topics and the schema files.

mod productores;

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use contratos::temas::{Clase, TEMAS, Tema};
use serde_json::{Map, Value, json};

use crate::{rutas, topicos};
use administracion::Retencion;
use productores::{carpetas, productores};

const FORMATO: &str = "application/vnd.apache.avro;version=1.9.0";

/// Where the document is checked in; its references are relative to it.
pub fn ruta() -> PathBuf {
    rutas::raiz().join("schemas/asyncapi.json")
}

/// The document as it must be now.
pub fn documento() -> Result<String> {
    let carpetas = carpetas()?;
    let documento = json!({
        "asyncapi": "3.0.0",
        "info": {
            "title": "Mensajes de SaludTechAlpes",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Cada tópico de Apache Pulsar, su mensaje y los servicios que lo envían o lo reciben. \
                            Lo genera cargo xtask asyncapi; no se edita a mano.",
            "license": { "name": env!("CARGO_PKG_LICENSE") },
        },
        "defaultContentType": "application/avro",
        "servers": { "local": servidor() },
        "channels": TEMAS.iter().map(|tema| (tema.nombre.to_owned(), canal(tema))).collect::<Map<_, _>>(),
        "operations": operaciones(&carpetas)?,
        "components": { "messages": mensajes(&carpetas)? },
    });
    Ok(serde_json::to_string_pretty(&documento)? + "\n")
}

/// Refuses a checked-in document that is not the one it must be now.
pub fn exigir_al_dia() -> Result<()> {
    let ruta = ruta();
    let corta = rutas::corta(&ruta);
    let guardado = fs::read_to_string(&ruta).with_context(|| format!("no se pudo leer {corta}"))?;
    ensure!(guardado == documento()?, "{corta} no está al día; cargo xtask asyncapi lo regenera");
    Ok(())
}

fn servidor() -> Value {
    json!({
        "host": "127.0.0.1:6650",
        "protocol": "pulsar",
        "description": "El Pulsar que arrancan cargo xtask up y docker compose.",
        "bindings": { "pulsar": { "tenant": "public" } },
    })
}

fn canal(tema: &Tema) -> Value {
    json!({
        "address": tema.nombre,
        "title": tema.nombre,
        "summary": conservacion(tema.clase),
        "messages": { tema.tipo: referencia(&["components", "messages", tema.tipo]) },
        "bindings": { "pulsar": politicas(tema.clase) },
    })
}

/// The binding has no way to say "without end": what is kept for ever has no retention in it.
fn politicas(clase: Clase) -> Value {
    let mut politicas = json!({ "namespace": "default", "persistence": "persistent" });
    match topicos::retencion(clase, None) {
        Retencion::Ninguna => politicas["retention"] = json!({ "time": 0, "size": 0 }),
        Retencion::Minutos(minutos) => politicas["retention"] = json!({ "time": minutos }),
        Retencion::Siempre => {}
    }
    if clase == Clase::Estado {
        politicas["compaction"] = json!(topicos::UMBRAL_DE_COMPACTACION / (1024 * 1024));
    }
    politicas
}

fn conservacion(clase: Clase) -> &'static str {
    match clase {
        Clase::Comando => "Comandos; se guardan hasta que se confirman.",
        Clase::Evento => "Hechos; se guardan siete días.",
        Clase::Registro => "Registro de las sagas; se guarda siempre.",
        Clase::Estado => "Último estado de cada clave; el tópico se compacta.",
    }
}

fn mensajes(carpetas: &BTreeMap<String, String>) -> Result<Map<String, Value>> {
    TEMAS
        .iter()
        .map(|tema| {
            let carpeta = productores::carpeta(carpetas, tema)?;
            let mensaje = json!({
                "name": tema.tipo,
                "title": tema.tipo,
                "summary": format!("{} de {carpeta}.", clase(tema.clase)),
                "contentType": "application/avro",
                "payload": {
                    "schemaFormat": FORMATO,
                    "schema": { "$ref": format!("./{carpeta}/{}.avsc", tema.tipo) },
                },
            });
            Ok((tema.tipo.to_owned(), mensaje))
        })
        .collect()
}

fn clase(clase: Clase) -> &'static str {
    match clase {
        Clase::Comando => "Comando",
        Clase::Evento => "Evento",
        Clase::Registro => "Registro",
        Clase::Estado => "Estado",
    }
}

/// One operation for each service that sends a message, and one for each that receives it.
fn operaciones(carpetas: &BTreeMap<String, String>) -> Result<Map<String, Value>> {
    let mut operaciones = Map::new();
    for tema in TEMAS {
        for servicio in productores(carpetas, tema)? {
            let resumen = format!("{servicio} envía {}.", tema.tipo);
            operaciones.insert(format!("{servicio}_envia_{}", tema.tipo), operacion("send", servicio, tema, &resumen));
        }
        for servicio in tema.suscripciones {
            let resumen = format!("{servicio} recibe {}.", tema.tipo);
            let nombre = format!("{servicio}_recibe_{}", tema.tipo);
            operaciones.insert(nombre, operacion("receive", servicio, tema, &resumen));
        }
    }
    Ok(operaciones)
}

fn operacion(accion: &str, servicio: &str, tema: &Tema, resumen: &str) -> Value {
    json!({
        "action": accion,
        "summary": resumen,
        "tags": [{ "name": servicio }],
        "channel": referencia(&["channels", tema.nombre]),
        "messages": [referencia(&["channels", tema.nombre, "messages", tema.tipo])],
    })
}

fn referencia(camino: &[&str]) -> Value {
    json!({ "$ref": format!("#/{}", camino.join("/")) })
}

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use contratos::{Schema, temas};
use saga::{Definicion, Direccion};
use serde_json::Value;

/// A definition with the schemas of its messages, compiled once.
pub struct DefinicionCargada {
    pub definicion: Arc<Definicion>,
    /// Message type -> topic and schema.
    pub mensajes: HashMap<String, MensajeDeSaga>,
}

pub struct MensajeDeSaga {
    pub tema: String,
    pub avsc: Arc<str>,
    pub esquema: Schema,
    /// The schema's digest, unless it is the one that the table has for the topic.
    pub huella: Option<String>,
}

/// A stored definition that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DefinicionIlegible {
    #[error("it breaks the rules")]
    Reglas(#[source] saga::DefinicionInvalida),
    #[error("the schema of {tipo} is not Avro")]
    Esquema {
        tipo: String,
        #[source]
        causa: Box<apache_avro::Error>,
    },
    #[error("{tipo} has no topic or schema")]
    SinEsquema { tipo: String },
}

impl DefinicionCargada {
    pub fn leer(documento: &Value) -> Result<Self, DefinicionIlegible> {
        let definicion = Definicion::leer(documento).map_err(DefinicionIlegible::Reglas)?;
        let mensajes = definicion.esquemas().iter().map(|(tipo, entrada)| Ok((tipo.clone(), mensaje(tipo, entrada)?)));
        let mensajes = mensajes.collect::<Result<_, _>>()?;
        Ok(Self { definicion: Arc::new(definicion), mensajes })
    }

    /// The topics whose events answer some step; the answer to the initial step never travels.
    pub fn temas_de_respuesta(&self) -> BTreeSet<String> {
        let tipos = respuestas(&self.definicion);
        tipos.filter_map(|tipo| self.mensajes.get(tipo)).map(|mensaje| mensaje.tema.clone()).collect()
    }
}

/// The message types that answer commands of the definition's sagas.
pub fn respuestas(definicion: &Definicion) -> impl Iterator<Item = &String> {
    definicion.pasos().iter().flat_map(|paso| {
        let direcciones = [(Direccion::Hacer, !paso.inicial), (Direccion::Deshacer, true)];
        let ordenes = direcciones.into_iter().filter(|(_, viaja)| *viaja).filter_map(|(d, _)| paso.orden(d));
        ordenes.flat_map(|orden| orden.exito.iter().chain(&orden.fallo))
    })
}

fn mensaje(tipo: &str, entrada: &Value) -> Result<MensajeDeSaga, DefinicionIlegible> {
    let tema = entrada["tema"].as_str().ok_or_else(|| DefinicionIlegible::SinEsquema { tipo: tipo.to_owned() })?;
    let avsc = &entrada["avsc"];
    let esquema = Schema::parse(avsc)
        .map_err(|causa| DefinicionIlegible::Esquema { tipo: tipo.to_owned(), causa: Box::new(causa) })?;
    let huella = (!es_el_de_la_tabla(tema, avsc)).then(|| contratos::huella(avsc));
    Ok(MensajeDeSaga { tema: tema.to_owned(), avsc: avsc.to_string().into(), esquema, huella })
}

/// Whether the platform's table has this very schema for the topic.
pub fn es_el_de_la_tabla(tema: &str, avsc: &Value) -> bool {
    let propio = temas::por_nombre(tema).and_then(|tema| serde_json::from_str::<Value>(tema.avsc).ok());
    propio.as_ref() == Some(avsc)
}

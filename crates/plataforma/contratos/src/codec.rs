use std::collections::HashMap;
use std::io::Read;
use std::sync::LazyLock;

use apache_avro::reader::datum::GenericDatumReader;
use apache_avro::types::Value as Avro;
use apache_avro::writer::datum::GenericDatumWriter;
use apache_avro::{Schema, from_value};
use chrono::{DateTime, Utc};
use serde::de::DeserializeOwned;
use serde_json::Value;
use uuid::Uuid;

use crate::avro_json::{ErrorConversion, a_avro, a_json};
use crate::identidad::id_derivado;
use crate::mensaje::Mensaje;
use crate::sobre::{Cabecera, Recibido, Saliente, Sobre};
use crate::temas::{self, Tema};

/// Why a message could not be encoded or decoded. Never quotes the content.
#[derive(Debug, thiserror::Error)]
pub enum ErrorCodec {
    #[error("no topic carries messages of type {0}")]
    TipoDesconocido(String),
    #[error("the bytes do not follow the schema")]
    Avro(#[source] Box<apache_avro::Error>),
    #[error("the value does not fit the schema")]
    Conversion(#[from] ErrorConversion),
    #[error("the envelope does not have the expected shape")]
    Forma(#[source] serde_json::Error),
    #[error("{0} bytes are left over after the message")]
    Sobrante(usize),
    #[error("the message is cut short")]
    Cortado,
    #[error("the message has no data")]
    SinDatos,
    #[error("the message says it is {declarado}, its topic carries {esperado}")]
    TipoAjeno { declarado: String, esperado: &'static str },
}

impl From<apache_avro::Error> for ErrorCodec {
    fn from(error: apache_avro::Error) -> Self {
        Self::Avro(Box::new(error))
    }
}

/// Where a message came from: stands in for the identity that a bare envelope lacks.
pub struct Procedencia<'a> {
    pub tema: &'a str,
    /// `ledger:entry:index`.
    pub posicion: String,
    pub publicado: DateTime<Utc>,
}

struct Codec {
    tema: &'static Tema,
    esquema: &'static Schema,
    escritor: GenericDatumWriter<'static>,
    lector: GenericDatumReader<'static>,
}

static CODECS: LazyLock<HashMap<&'static str, Codec>> =
    LazyLock::new(|| temas::TEMAS.iter().filter_map(|tema| Some((tema.tipo, compilar(tema)?))).collect());

/// A schema that does not compile leaves its type out; the tests check that none is.
fn compilar(tema: &'static Tema) -> Option<Codec> {
    let esquema: &'static Schema = Box::leak(Box::new(Schema::parse_str(tema.avsc).ok()?));
    let escritor = GenericDatumWriter::builder(esquema).build().ok()?;
    let lector = GenericDatumReader::builder(esquema).build().ok()?;
    Some(Codec { tema, esquema, escritor, lector })
}

fn codec(tipo: &str) -> Result<&'static Codec, ErrorCodec> {
    CODECS.get(tipo).ok_or_else(|| ErrorCodec::TipoDesconocido(tipo.to_owned()))
}

/// The compiled schema of a message type of the table.
pub fn esquema_de(tipo: &str) -> Option<&'static Schema> {
    CODECS.get(tipo).map(|codec| codec.esquema)
}

/// Encodes a message for its topic.
pub fn codificar<D: Mensaje>(cabecera: &Cabecera, datos: &D) -> Result<Saliente, ErrorCodec> {
    let codec = codec(D::TIPO)?;
    let cabecera = Cabecera { tipo: D::TIPO.to_owned(), ..cabecera.clone() };
    let carga = codec.escritor.write_ser_to_vec(&Sobre::cerrar(&cabecera, datos))?;
    Ok(saliente(codec.tema.nombre, &cabecera, carga))
}

/// Encodes a message of any schema with our envelope; `cabecera.tipo` must be set.
///
/// Envelope fields that the schema lacks are left out; a field of `datos` that it lacks is an error.
pub fn codificar_json(
    tema: &str,
    esquema: &Schema,
    cabecera: &Cabecera,
    datos: &Value,
) -> Result<Saliente, ErrorCodec> {
    let mut sobre = serde_json::to_value(Sobre::cerrar(cabecera, datos)).map_err(ErrorCodec::Forma)?;
    if let (Value::Object(campos), Schema::Record(registro)) = (&mut sobre, esquema) {
        campos.retain(|nombre, _| registro.lookup.contains_key(nombre));
    }
    let carga = GenericDatumWriter::builder(esquema).build()?.write_value_to_vec(a_avro(&sobre, esquema)?)?;
    Ok(saliente(tema, cabecera, carga))
}

fn saliente(tema: &str, cabecera: &Cabecera, carga: Vec<u8>) -> Saliente {
    Saliente {
        tema: tema.to_owned(),
        id: cabecera.id,
        clave: cabecera.asunto.clone().unwrap_or_else(|| cabecera.id.to_string()),
        carga,
        propiedades: cabecera.propiedades(),
    }
}

/// Decodes a message written with `escritor` (the topic's own schema when none) into the compiled type.
pub fn decodificar<D: Mensaje>(
    carga: &[u8],
    escritor: Option<&Schema>,
    procedencia: &Procedencia<'_>,
) -> Result<Recibido<D>, ErrorCodec> {
    let codec = codec(D::TIPO)?;
    let valor = match escritor {
        Some(escritor) if !std::ptr::eq(escritor, codec.esquema) && escritor != codec.esquema => {
            leer(&GenericDatumReader::builder(escritor).reader_schema(codec.esquema).build()?, carga)?
        }
        _ => leer(&codec.lector, carga)?,
    };
    let sobre: Sobre<D> = from_value(&valor)?;
    let recibido = abrir(sobre, procedencia, D::TIPO)?;
    if recibido.cabecera.tipo != D::TIPO {
        return Err(ErrorCodec::TipoAjeno { declarado: recibido.cabecera.tipo, esperado: D::TIPO });
    }
    Ok(recibido)
}

/// Decodes a message of any schema; its data comes as JSON.
pub fn decodificar_json(
    carga: &[u8],
    escritor: &Schema,
    procedencia: &Procedencia<'_>,
) -> Result<Recibido<Value>, ErrorCodec> {
    let valor = leer(&GenericDatumReader::builder(escritor).build()?, carga)?;
    let sobre: Sobre<Value> = sobre_json(a_json(&valor)?)?;
    let tipo = temas::por_nombre(procedencia.tema).map_or("", |tema| tema.tipo);
    abrir(sobre, procedencia, tipo)
}

/// Reads exactly one datum.
///
/// The Avro decoder takes the end of the input for a null, so reading past the end is watched here.
fn leer(lector: &GenericDatumReader<'_>, carga: &[u8]) -> Result<Avro, ErrorCodec> {
    let mut entrada = Entrada { resto: carga, agotada: false };
    let valor = lector.read_value(&mut entrada)?;
    match entrada {
        Entrada { agotada: true, .. } => Err(ErrorCodec::Cortado),
        Entrada { resto: [], .. } => Ok(valor),
        Entrada { resto, .. } => Err(ErrorCodec::Sobrante(resto.len())),
    }
}

struct Entrada<'a> {
    resto: &'a [u8],
    agotada: bool,
}

impl Read for Entrada<'_> {
    fn read(&mut self, destino: &mut [u8]) -> std::io::Result<usize> {
        let leidos = self.resto.read(destino)?;
        self.agotada |= leidos == 0 && !destino.is_empty();
        Ok(leidos)
    }
}

fn sobre_json<D: DeserializeOwned>(valor: Value) -> Result<Sobre<D>, ErrorCodec> {
    serde_json::from_value(valor).map_err(ErrorCodec::Forma)
}

/// Fills the gaps of a foreign envelope: id from the position, type from the topic, time from the broker.
fn abrir<D>(sobre: Sobre<D>, procedencia: &Procedencia<'_>, tipo: &str) -> Result<Recibido<D>, ErrorCodec> {
    let id = match sobre.id.as_deref().filter(|id| !id.is_empty()) {
        Some(texto) => Uuid::parse_str(texto).unwrap_or_else(|_| id_derivado(&["ajeno", texto])),
        None => id_derivado(&["posicion", procedencia.tema, &procedencia.posicion]),
    };
    let cabecera = Cabecera {
        id,
        tipo: sobre.tipo.filter(|t| !t.is_empty()).unwrap_or_else(|| tipo.to_owned()),
        servicio: sobre.service_name.unwrap_or_default(),
        asunto: sobre.subject,
        correlacion: sobre.correlationid.as_deref().and_then(|t| Uuid::parse_str(t).ok()),
        causa: sobre.causationid.as_deref().and_then(|t| Uuid::parse_str(t).ok()),
        traza: sobre.traceparent,
        inquilino: sobre.tenant,
        secuencia: sobre.sequence,
        huella: sobre.huella,
        instante: sobre.time.and_then(DateTime::from_timestamp_millis).unwrap_or(procedencia.publicado),
    };
    Ok(Recibido { cabecera, datos: sobre.data.ok_or(ErrorCodec::SinDatos)? })
}

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The attributes of a message: CloudEvents 1.0 plus what the sagas and the audit need.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cabecera {
    pub id: Uuid,
    pub tipo: String,
    /// The service that sent it (`service_name`).
    pub servicio: String,
    /// The aggregate it is about (`subject`); also the partition key.
    pub asunto: Option<String>,
    /// The saga it belongs to (`correlationid`).
    pub correlacion: Option<Uuid>,
    /// The message that caused it (`causationid`); in an undo, the command it undoes.
    pub causa: Option<Uuid>,
    /// W3C Trace Context `traceparent`.
    pub traza: Option<String>,
    pub inquilino: Option<String>,
    /// Version of the aggregate after the fact.
    pub secuencia: Option<i64>,
    /// SHA-256 of the canonical request that a command came from.
    pub huella: Option<String>,
    pub instante: DateTime<Utc>,
}

impl Cabecera {
    /// A header with its identity; the rest is set by the caller, `tipo` by the encoder.
    pub fn nueva(id: Uuid, servicio: &str, instante: DateTime<Utc>) -> Self {
        Self {
            id,
            tipo: String::new(),
            servicio: servicio.to_owned(),
            asunto: None,
            correlacion: None,
            causa: None,
            traza: None,
            inquilino: None,
            secuencia: None,
            huella: None,
            instante,
        }
    }

    /// The main attributes as message properties, so that routing needs no decoding.
    pub(crate) fn propiedades(&self) -> BTreeMap<String, String> {
        let opcionales = [
            ("ce_subject", self.asunto.clone()),
            ("ce_correlationid", self.correlacion.map(|id| id.to_string())),
            ("ce_causationid", self.causa.map(|id| id.to_string())),
            ("ce_traceparent", self.traza.clone()),
            ("ce_tenant", self.inquilino.clone()),
        ];
        let fijas = [
            ("ce_id", self.id.to_string()),
            ("ce_type", self.tipo.clone()),
            ("ce_source", fuente(&self.servicio)),
            ("ce_specversion", VERSION_CLOUDEVENTS.to_owned()),
            ("ce_time", self.instante.to_rfc3339_opts(chrono::SecondsFormat::Millis, true)),
            ("content-type", TIPO_CONTENIDO.to_owned()),
        ];
        fijas
            .into_iter()
            .chain(opcionales.into_iter().filter_map(|(clave, valor)| Some((clave, valor?))))
            .map(|(clave, valor)| (clave.to_owned(), valor))
            .collect()
    }
}

/// A decoded message.
#[derive(Clone, Debug, PartialEq)]
pub struct Recibido<D> {
    pub cabecera: Cabecera,
    pub datos: D,
}

/// Property that names, by its digest, a schema which is not the table's.
const ESQUEMA: &str = "esquema";

/// An encoded message on its way to a topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Saliente {
    /// Short topic name; the namespace is configuration.
    pub tema: String,
    pub id: Uuid,
    /// Partition key.
    pub clave: String,
    /// Avro datum of the topic's schema, or of the one that it names.
    pub carga: Vec<u8>,
    pub propiedades: BTreeMap<String, String>,
}

impl Saliente {
    /// Says with which schema it was written, by [`huella`](crate::huella) of its JSON: whoever publishes it must
    /// declare that one, now or after a restart.
    #[must_use]
    pub fn con_esquema(mut self, huella: &str) -> Self {
        self.propiedades.insert(ESQUEMA.to_owned(), huella.to_owned());
        self
    }

    /// The digest of the schema it was written with; `None`: the topic's own in the table.
    pub fn esquema(&self) -> Option<&str> {
        self.propiedades.get(ESQUEMA).map(String::as_str)
    }
}

pub(crate) const VERSION_CLOUDEVENTS: &str = "1.0";
pub(crate) const TIPO_CONTENIDO: &str = "application/avro";

/// CloudEvents `source` of a service.
pub(crate) fn fuente(servicio: &str) -> String {
    format!("/saludtechalpes/{servicio}")
}

/// The envelope as it stands in the `.avsc`.
#[derive(Serialize, Deserialize, Default)]
pub(crate) struct Sobre<D> {
    pub data: Option<D>,
    pub id: Option<String>,
    pub time: Option<i64>,
    pub ingestion: Option<i64>,
    pub specversion: Option<String>,
    #[serde(rename = "type")]
    pub tipo: Option<String>,
    pub datacontenttype: Option<String>,
    pub service_name: Option<String>,
    pub source: Option<String>,
    pub subject: Option<String>,
    pub dataschema: Option<String>,
    pub correlationid: Option<String>,
    pub causationid: Option<String>,
    pub traceparent: Option<String>,
    pub tenant: Option<String>,
    pub sequence: Option<i64>,
    pub huella: Option<String>,
}

impl<D> Sobre<D> {
    pub(crate) fn cerrar(cabecera: &Cabecera, datos: D) -> Self {
        Self {
            data: Some(datos),
            id: Some(cabecera.id.to_string()),
            time: Some(cabecera.instante.timestamp_millis()),
            ingestion: Some(cabecera.instante.timestamp_millis()),
            specversion: Some(VERSION_CLOUDEVENTS.to_owned()),
            tipo: Some(cabecera.tipo.clone()),
            datacontenttype: Some(TIPO_CONTENIDO.to_owned()),
            service_name: Some(cabecera.servicio.clone()),
            source: Some(fuente(&cabecera.servicio)),
            subject: cabecera.asunto.clone(),
            dataschema: Some(format!("urn:saludtechalpes:esquema:{}:v1", cabecera.tipo)),
            correlationid: cabecera.correlacion.map(|id| id.to_string()),
            causationid: cabecera.causa.map(|id| id.to_string()),
            traceparent: cabecera.traza.clone(),
            tenant: cabecera.inquilino.clone(),
            sequence: cabecera.secuencia,
            huella: cabecera.huella.clone(),
        }
    }
}

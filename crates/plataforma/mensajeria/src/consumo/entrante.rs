use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use contratos::{ErrorCodec, Mensaje, Procedencia, Recibido, Schema, temas};
use pulsar::consumer::Message;
use serde_json::Value;
use tokio::sync::mpsc::UnboundedSender;

/// Where a message lies in its topic; prints as `ledger:entry:index`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Posicion {
    pub ledger: u64,
    pub entry: u64,
    /// Place in a batch that its sender made; -1 outside one.
    pub indice: i32,
}

impl Posicion {
    pub(super) fn de(mensaje: &Message<Vec<u8>>) -> Self {
        let id = &mensaje.message_id.id;
        Self { ledger: id.ledger_id, entry: id.entry_id, indice: id.batch_index.unwrap_or(-1) }
    }
}

impl fmt::Display for Posicion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.ledger, self.entry, self.indice)
    }
}

/// A message as it came, not decoded yet. Its bytes may hold personal data and are never printed.
#[derive(Clone)]
pub struct Entrante {
    /// Short topic name.
    pub tema: Arc<str>,
    pub posicion: Posicion,
    pub propiedades: BTreeMap<String, String>,
    pub carga: Vec<u8>,
    /// The schema it was written with; `None` when it said none: then the topic's own.
    pub escritor: Option<Arc<Schema>>,
    pub publicado: DateTime<Utc>,
}

impl Entrante {
    pub(super) fn de(tema: &Arc<str>, mensaje: Message<Vec<u8>>, escritor: Option<Arc<Schema>>) -> Self {
        let posicion = Posicion::de(&mensaje);
        let metadatos = mensaje.payload.metadata;
        let publicado = i64::try_from(metadatos.publish_time).ok().and_then(DateTime::from_timestamp_millis);
        Self {
            tema: Arc::clone(tema),
            posicion,
            propiedades: metadatos.properties.into_iter().map(|par| (par.key, par.value)).collect(),
            carga: mensaje.payload.data,
            escritor,
            publicado: publicado.unwrap_or(DateTime::UNIX_EPOCH),
        }
    }

    pub fn decodificar<D: Mensaje>(&self) -> Result<Recibido<D>, ErrorCodec> {
        contratos::decodificar(&self.carga, self.escritor.as_deref(), &self.procedencia())
    }

    /// Fails with `TipoDesconocido` when neither the message nor the table of topics has a schema.
    pub fn decodificar_json(&self) -> Result<Recibido<Value>, ErrorCodec> {
        let propio = || temas::por_nombre(&self.tema).and_then(|tema| contratos::esquema_de(tema.tipo));
        let escritor = self.escritor.as_deref().or_else(propio);
        let escritor = escritor.ok_or_else(|| ErrorCodec::TipoDesconocido(self.tema.to_string()))?;
        contratos::decodificar_json(&self.carga, escritor, &self.procedencia())
    }

    fn procedencia(&self) -> Procedencia<'_> {
        Procedencia { tema: &self.tema, posicion: self.posicion.to_string(), publicado: self.publicado }
    }
}

impl fmt::Debug for Entrante {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Entrante({} {})", self.tema, self.posicion)
    }
}

/// A message in the queue of its group.
pub(crate) struct Llegado {
    pub(super) entrante: Entrante,
    pub(super) recibo: Recibo,
    /// It may have been in the hands of a process that died.
    pub(super) sospechoso: bool,
}

/// How to tell the owner of the consumer that a message is finished.
#[derive(Clone)]
pub(super) struct Recibo {
    pub(super) posicion: Posicion,
    pub(super) terminados: UnboundedSender<Posicion>,
}

impl Recibo {
    /// The subscription may be gone at shutdown: the broker will deliver the message again.
    pub(super) fn confirmar(&self) {
        if self.terminados.send(self.posicion).is_err() {
            tracing::debug!(posicion = %self.posicion, "finished after its subscription ended");
        }
    }
}

use std::sync::Arc;

use serde_json::Value;
use uuid::Uuid;

/// A message on the bus: the part of the envelope that decisions read, and the payload.
#[derive(Debug, Clone, PartialEq)]
pub struct Mensaje {
    pub id: Uuid,
    pub tipo: Arc<str>,
    /// The saga.
    pub correlacion: Option<Uuid>,
    /// In a reply, the command it answers; in an undo, the command it undoes.
    pub causa: Option<Uuid>,
    pub datos: Value,
}

impl Mensaje {
    pub fn texto(&self, campo: &str) -> Option<&str> {
        self.datos.get(campo)?.as_str()
    }

    pub fn uuid(&self, campo: &str) -> Option<Uuid> {
        Uuid::parse_str(self.texto(campo)?).ok()
    }

    /// The reply to a command; the same command and type give the same message.
    pub fn respuesta(comando: Uuid, correlacion: Option<Uuid>, tipo: &str, datos: Value) -> Self {
        let id = contratos::id_respuesta(comando, tipo);
        Self { id, tipo: tipo.into(), correlacion, causa: Some(comando), datos }
    }
}

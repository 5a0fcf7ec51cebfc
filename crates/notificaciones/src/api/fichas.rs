//! Notifications as JSON.

use chrono::{DateTime, Utc};
use serde::Serialize;
use uuid::Uuid;

use crate::aplicacion::consultas::{EventoGuardado, Ficha, Historia};
use crate::dominio::{Hecho, IdSuscripcion};

#[derive(Serialize)]
pub(super) struct CuerpoFicha {
    pub id_notificacion: Uuid,
    id_suscripcion: Option<Uuid>,
    codigo_cliente: String,
    canal: &'static str,
    plantilla: String,
    estado: &'static str,
    intentos: u32,
    /// Masked.
    destinatario: Option<String>,
    motivo: Option<String>,
    proximo_intento: Option<DateTime<Utc>>,
    origen: Uuid,
    correlacion: Option<Uuid>,
    version: u32,
    creada: DateTime<Utc>,
    actualizada: DateTime<Utc>,
}

impl From<Ficha> for CuerpoFicha {
    fn from(ficha: Ficha) -> Self {
        Self {
            id_notificacion: ficha.id.uuid(),
            id_suscripcion: ficha.id_suscripcion.map(IdSuscripcion::uuid),
            codigo_cliente: ficha.codigo_cliente,
            canal: "correo",
            plantilla: ficha.plantilla,
            estado: ficha.estado.como_texto(),
            intentos: ficha.intentos,
            destinatario: ficha.destinatario,
            motivo: ficha.motivo,
            proximo_intento: ficha.proximo_intento,
            origen: ficha.origen,
            correlacion: ficha.correlacion,
            version: ficha.version,
            creada: ficha.creada,
            actualizada: ficha.actualizada,
        }
    }
}

#[derive(Serialize)]
pub(super) struct CuerpoHistoria {
    #[serde(flatten)]
    ficha: CuerpoFicha,
    eventos: Vec<CuerpoEvento>,
    cadena_integra: bool,
}

#[derive(Serialize)]
struct CuerpoEvento {
    version: u32,
    #[serde(flatten)]
    hecho: Hecho,
    instante: DateTime<Utc>,
    huella: String,
}

impl From<EventoGuardado> for CuerpoEvento {
    fn from(evento: EventoGuardado) -> Self {
        let EventoGuardado { version, hecho, instante, huella } = evento;
        Self { version, hecho, instante, huella: hex::encode(huella) }
    }
}

impl From<Historia> for CuerpoHistoria {
    fn from(historia: Historia) -> Self {
        Self {
            ficha: CuerpoFicha::from(historia.ficha),
            eventos: historia.eventos.into_iter().map(CuerpoEvento::from).collect(),
            cadena_integra: historia.cadena_integra,
        }
    }
}

//! What the BFF answers, as far as the demo reads it. Field names are the public API's.

use chrono::{DateTime, Utc};
use serde::Deserialize;

/// `GET /operaciones/{id}`
#[derive(Deserialize)]
pub struct Operacion {
    pub estado: String,
    #[serde(default)]
    pub recursos: Recursos,
}

#[derive(Deserialize, Default)]
pub struct Recursos {
    pub id_suscripcion: Option<String>,
    pub id_saga: Option<String>,
    pub id_imagen: Option<String>,
}

/// `GET /sagas/{id}`
#[derive(Deserialize)]
pub struct Saga {
    pub fase: String,
    pub pasos: Vec<Paso>,
}

impl Saga {
    /// Nothing more will happen to it.
    pub fn terminada(&self) -> bool {
        matches!(self.fase.as_str(), "completada" | "completada_con_avisos" | "compensada" | "abandonada")
    }
}

#[derive(Deserialize)]
pub struct Paso {
    pub clave: String,
    pub estado: String,
    pub codigo: Option<String>,
    pub enviado: Option<DateTime<Utc>>,
    pub terminado: Option<DateTime<Utc>>,
    pub deshecho: Option<DateTime<Utc>>,
}

/// `GET /suscripciones/{id}`
#[derive(Deserialize)]
pub struct Detalle {
    pub suscripcion: Suscripcion,
    pub servicio_datos: Option<ServicioDatos>,
}

#[derive(Deserialize)]
pub struct Suscripcion {
    pub id: String,
    pub estado: String,
    pub motivo: Option<String>,
}

#[derive(Deserialize)]
pub struct ServicioDatos {
    pub estado: String,
    pub nube_codigo: Option<String>,
    pub dataset_codigo: Option<String>,
    pub experto_codigo: Option<String>,
}

/// `GET /anonimizado/{id}`
#[derive(Deserialize)]
pub struct Imagen {
    pub estado: String,
    /// The pseudonym.
    pub id_paciente: Option<String>,
    pub perfil: Option<String>,
}

/// `GET /notificaciones?id_suscripcion=...`
#[derive(Deserialize)]
pub struct Pagina<T> {
    pub elementos: Vec<T>,
}

#[derive(Deserialize)]
pub struct Notificacion {
    pub id_notificacion: String,
    pub estado: String,
    pub plantilla: String,
    pub destinatario: Option<String>,
}

/// RFC 9457.
#[derive(Deserialize)]
pub struct Problema {
    pub title: String,
    pub code: Option<String>,
    pub detail: Option<String>,
}

use std::collections::HashMap;
use std::error::Error;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::dominio::{
    Actor, Comando, ErrorImagen, Evento, Huella, IdImagen, IdOperacion, ImagenAnonimizada, ImagenDePaquete, Inquilino,
    Paquete,
};

/// Keeps images. `guardar` is atomic for the whole batch: state, personal data and outbox, or nothing.
#[async_trait]
pub trait RepositorioImagenes: Send + Sync {
    /// The images that exist among `ids`.
    async fn obtener(&self, ids: &[IdImagen]) -> Result<HashMap<IdImagen, Versionada>, ErrorRepositorio>;

    /// The operations that took an image in, among `ids`.
    async fn operaciones(&self, ids: &[IdOperacion]) -> Result<HashMap<IdOperacion, Registrada>, ErrorRepositorio>;

    /// One answer per change, in order. A change of a new image conflicts also when its operation is known.
    async fn guardar(&self, cambios: Vec<Cambio>) -> Result<Vec<Guardado>, ErrorRepositorio>;

    /// Writes a packet with all its images, or nothing: then its operation or one of the images is known.
    async fn recibir_paquete(&self, paquete: &Paquete, cambios: Vec<Cambio>) -> Result<Guardado, ErrorRepositorio>;

    /// A packet with its manifest, by place.
    async fn paquete(
        &self,
        operacion: IdOperacion,
    ) -> Result<Option<(Paquete, Vec<ImagenDePaquete>)>, ErrorRepositorio>;
}

/// Shows images, and leaves each access in the audit before it answers.
#[async_trait]
pub trait ConsultaImagenes: Send + Sync {
    async fn ver(&self, id: IdImagen, acceso: &Acceso) -> Result<Option<Vista>, ErrorRepositorio>;

    /// Anonymised images by id, at most `limite`, after `desde`.
    async fn listar(&self, desde: Option<IdImagen>, limite: u32, acceso: &Acceso) -> Result<Tramo, ErrorRepositorio>;
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Versionada {
    pub imagen: ImagenAnonimizada,
    /// Number of facts so far.
    pub version: i64,
}

impl Versionada {
    pub fn inexistente() -> Self {
        Self { imagen: ImagenAnonimizada::Inexistente, version: 0 }
    }
}

/// The message or request that a change comes from.
#[derive(Clone, Debug)]
pub struct Origen {
    pub operacion: IdOperacion,
    pub huella: Option<Huella>,
    pub correlacion: Option<Uuid>,
    /// W3C `traceparent`.
    pub traza: Option<String>,
    pub instante: DateTime<Utc>,
}

/// New facts of one image.
#[derive(Clone, Debug)]
pub struct Cambio {
    pub id: IdImagen,
    /// The version that was read; 0 for a new image.
    pub leida: i64,
    pub eventos: Vec<Evento>,
    /// The image after them.
    pub imagen: ImagenAnonimizada,
    pub origen: Origen,
}

impl Cambio {
    /// No facts yet, on what was read.
    pub fn sobre(id: IdImagen, leida: Versionada, origen: Origen) -> Self {
        Self { id, leida: leida.version, eventos: Vec::new(), imagen: leida.imagen, origen }
    }

    /// Adds what a command produces on the facts so far.
    pub fn decidir(&mut self, comando: Comando) -> Result<(), ErrorImagen> {
        for evento in self.imagen.decidir(self.id, comando)? {
            self.imagen = self.imagen.clone().aplicar(&evento);
            self.eventos.push(evento);
        }
        Ok(())
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guardado {
    Escrito,
    /// Somebody else wrote first: read and decide again.
    Conflicto,
}

/// The trace of an operation that took an image in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registrada {
    pub imagen: IdImagen,
    pub huella: Option<Huella>,
    pub anonimizada: bool,
}

/// Who looks, and when.
#[derive(Clone, Debug)]
pub struct Acceso {
    pub quien: Actor,
    /// What of the image is looked at: `ver`, `listar`, `descargar`.
    pub operacion: &'static str,
    pub inquilino: Inquilino,
    pub traza: Option<String>,
    pub instante: DateTime<Utc>,
}

/// An image as it may be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vista {
    pub id: IdImagen,
    pub imagen: ImagenAnonimizada,
}

/// A stretch of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tramo {
    pub vistas: Vec<Vista>,
    pub hay_mas: bool,
}

#[derive(Debug, thiserror::Error)]
pub enum ErrorRepositorio {
    #[error("the store could not be read or written")]
    Tecnico(#[source] Box<dyn Error + Send + Sync>),
    #[error("row {id} of table {tabla} is incoherent")]
    Incoherente { tabla: &'static str, id: Uuid },
    #[error("others changed the same images {0} times in a row")]
    Contienda(u32),
}

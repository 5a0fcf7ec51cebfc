//! The ports of the files: where they are kept, who cleans them, what packets are made of.

use std::error::Error;

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use crate::dominio::{Atributos, Causa, ClaveObjeto, FormatoArchivo, Hallado, Huella, IdImagen, Inquilino, Original};

/// Bytes that come piece by piece, so that nobody holds a file whole.
#[async_trait]
pub trait Trozos: Send {
    /// The next piece, never empty; `None` after the last one.
    async fn siguiente(&mut self) -> Result<Option<Vec<u8>>, ErrorTrozos>;
}

/// Why bytes stop coming before their end.
#[derive(Debug, thiserror::Error)]
pub enum ErrorTrozos {
    /// More came than may come.
    #[error("more than {0} bytes came")]
    Excesivo(u64),
    /// Whoever sends them broke off, or sends what cannot be read.
    #[error("the bytes broke off or cannot be read")]
    Roto(#[source] Box<dyn Error + Send + Sync>),
    /// What has nothing to do with the bytes failed: the same may succeed later.
    #[error("a store or a process failed")]
    Infraestructura(#[source] Box<dyn Error + Send + Sync>),
}

/// The two stores. Nothing of one is ever in the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Zona {
    /// Files as they came.
    Cuarentena,
    /// Files that were proved clean.
    Limpia,
}

/// Keeps objects. An object is there whole or not at all.
#[async_trait]
pub trait AlmacenObjetos: Send + Sync {
    /// Writes under a temporary name and renames; what was there under the key is replaced.
    async fn guardar(
        &self,
        zona: Zona,
        clave: &ClaveObjeto,
        contenido: &mut dyn Trozos,
    ) -> Result<Guardada, ErrorTrozos>;

    /// `None`: there is no such object.
    async fn leer(&self, zona: Zona, clave: &ClaveObjeto) -> Result<Option<Box<dyn Trozos>>, ErrorTrozos>;

    /// `Ok` only once the store confirms that it is gone; what was never there is gone.
    async fn borrar(&self, zona: Zona, clave: &ClaveObjeto) -> Result<(), ErrorTrozos>;

    /// What was last written before an instant, at most `limite` in no order; and removes unfinished writes as old.
    async fn anteriores(
        &self,
        zona: Zona,
        instante: DateTime<Utc>,
        limite: usize,
    ) -> Result<Vec<ClaveObjeto>, ErrorTrozos>;
}

/// What was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guardada {
    pub bytes: u64,
    pub sha256: Huella,
}

/// What to clean.
#[derive(Clone, Debug)]
pub struct Encargo {
    pub imagen: IdImagen,
    pub inquilino: Inquilino,
    pub original: Original,
}

/// Cleans a file where it can do no harm: within limits of memory and time, and apart from everything else.
#[async_trait]
pub trait Limpiador: Send + Sync {
    /// Waits for its turn. Whatever the file does, the answer is about the file alone.
    async fn limpiar(&self, encargo: &Encargo, original: &mut dyn Trozos) -> Result<Dictamen, ErrorTrozos>;
}

/// What the cleaning came to.
pub enum Dictamen {
    Limpio(Limpio),
    /// It could not be proved clean, or took more than it may.
    Dudoso(Causa),
}

/// A clean file, on its way.
pub struct Limpio {
    pub formato: FormatoArchivo,
    pub retirados: std::collections::BTreeMap<String, u64>,
    pub hallado: Hallado,
    pub atributos: Atributos,
    pub informe: String,
    pub contenido: Box<dyn Trozos>,
}

/// Knows which objects belong to something.
#[async_trait]
pub trait RegistroObjetos: Send + Sync {
    /// Originals that may go, at most `limite`.
    async fn liberados(&self, limite: u32) -> Result<Vec<ClaveObjeto>, super::ErrorRepositorio>;

    /// The store has confirmed that they are gone.
    async fn borrados(&self, objetos: &[ClaveObjeto]) -> Result<(), super::ErrorRepositorio>;

    /// Those among `objetos` that some image has.
    async fn conocidos(
        &self,
        zona: Zona,
        objetos: &[ClaveObjeto],
    ) -> Result<std::collections::HashSet<ClaveObjeto>, super::ErrorRepositorio>;
}

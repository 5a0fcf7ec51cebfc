//! The life of a saga definition: drafted, verified, activated, retired; one file each.

mod activar;
mod crear;
mod retirar;
mod verificar;

use std::sync::Arc;

use super::puertos::{
    CatalogoEditable, DefinicionGuardada, ErrorRegistro, ErrorRepositorio, Incumplimiento, RegistroMensajes,
    RepositorioDefiniciones,
};
use crate::dominio::{CodigoPlan, EstadoDefinicion, VersionDefinicion};

/// What an operator does with definitions.
pub struct Definiciones {
    repositorio: Arc<dyn RepositorioDefiniciones>,
    registro: Arc<dyn RegistroMensajes>,
    catalogo: Arc<dyn CatalogoEditable>,
}

/// Why a definition stays as it is.
#[derive(Debug, thiserror::Error)]
pub enum ErrorDefinicion {
    #[error("there is no such definition")]
    NoExiste,
    #[error("the document breaks {} rules", .0.len())]
    Incumple(Vec<Incumplimiento>),
    #[error("the version exists with another document, {sha256}")]
    Distinta { id: VersionDefinicion, sha256: String },
    #[error("a definition in state {} cannot be moved so", .0.nombre())]
    Estado(EstadoDefinicion),
    #[error("{} plans on sale use it", .0.len())]
    EnUso(Vec<CodigoPlan>),
    #[error(transparent)]
    Registro(#[from] ErrorRegistro),
    #[error(transparent)]
    Repositorio(#[from] ErrorRepositorio),
}

impl Definiciones {
    pub fn nuevas(
        repositorio: Arc<dyn RepositorioDefiniciones>,
        registro: Arc<dyn RegistroMensajes>,
        catalogo: Arc<dyn CatalogoEditable>,
    ) -> Self {
        Self { repositorio, registro, catalogo }
    }

    /// A definition with its document.
    pub async fn obtener(&self, id: &VersionDefinicion) -> Result<DefinicionGuardada, ErrorDefinicion> {
        self.repositorio.obtener(id).await?.ok_or(ErrorDefinicion::NoExiste)
    }
}

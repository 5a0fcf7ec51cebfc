//! The life of a saga definition: drafted, verified, activated, retired; one file each.

mod activar;
mod comprobacion;
mod crear;
mod retirar;
mod verificar;

use std::sync::Arc;

use saga::Definicion;

use super::puertos::{
    CatalogoEditable, DefinicionGuardada, ErrorRegistro, ErrorRepositorio, Incumplimiento, RegistroMensajes,
    RepositorioDefiniciones,
};
use crate::dominio::{CodigoPlan, EstadoDefinicion, VersionDefinicion};

use verificar::faltas_de;

pub use comprobacion::{Comprobacion, Comprobada, Comprobador, ErrorComprobacion};

/// What an operator does with definitions.
pub struct Definiciones {
    repositorio: Arc<dyn RepositorioDefiniciones>,
    registro: Arc<dyn RegistroMensajes>,
    catalogo: Arc<dyn CatalogoEditable>,
    comprobador: Arc<dyn Comprobador>,
}

/// Why a definition stays as it is.
#[derive(Debug, thiserror::Error)]
pub enum ErrorDefinicion {
    #[error("there is no such definition")]
    NoExiste,
    #[error("the document breaks {} rules", .0.len())]
    Incumple(Vec<Incumplimiento>),
    #[error("a run of it ends badly")]
    AcabaMal(Box<Comprobacion>),
    #[error("it has too many runs to check them all")]
    NoCabe(Box<Comprobacion>),
    #[error("the version exists with another document, {sha256}")]
    Distinta { id: VersionDefinicion, sha256: String },
    #[error("a definition in state {} cannot be moved so", .0.nombre())]
    Estado(EstadoDefinicion),
    #[error("{} plans on sale use it", .0.len())]
    EnUso(Vec<CodigoPlan>),
    #[error(transparent)]
    Comprobacion(#[from] ErrorComprobacion),
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
        comprobador: Arc<dyn Comprobador>,
    ) -> Self {
        Self { repositorio, registro, catalogo, comprobador }
    }

    /// A definition with its document.
    pub async fn obtener(&self, id: &VersionDefinicion) -> Result<DefinicionGuardada, ErrorDefinicion> {
        self.repositorio.obtener(id).await?.ok_or(ErrorDefinicion::NoExiste)
    }

    /// A definition ready to use, of whatever state, if it breaks none of the rules of the engine.
    pub async fn leida(&self, id: &VersionDefinicion) -> Result<Definicion, ErrorDefinicion> {
        let guardada = self.obtener(id).await?;
        Definicion::leer(&guardada.documento).map_err(|causa| ErrorDefinicion::Incumple(faltas_de(causa)))
    }
}

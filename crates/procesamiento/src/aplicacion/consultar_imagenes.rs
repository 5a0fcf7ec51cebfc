use std::sync::Arc;

use super::puertos::{Acceso, ConsultaImagenes, ErrorRepositorio, Registrada, RepositorioImagenes, Tramo, Vista};
use crate::dominio::{IdImagen, IdOperacion};

/// The queries: `ObtenerImagenAnonimizada`, the list, and the state of an intake.
pub struct ConsultarImagenes {
    consulta: Arc<dyn ConsultaImagenes>,
    repositorio: Arc<dyn RepositorioImagenes>,
}

impl ConsultarImagenes {
    pub fn nuevo(consulta: Arc<dyn ConsultaImagenes>, repositorio: Arc<dyn RepositorioImagenes>) -> Self {
        Self { consulta, repositorio }
    }

    pub async fn obtener(&self, id: IdImagen, acceso: &Acceso) -> Result<Option<Vista>, ErrorRepositorio> {
        self.consulta.ver(id, acceso).await
    }

    pub async fn listar(
        &self,
        desde: Option<IdImagen>,
        limite: u32,
        acceso: &Acceso,
    ) -> Result<Tramo, ErrorRepositorio> {
        self.consulta.listar(desde, limite, acceso).await
    }

    pub async fn operacion(&self, id: IdOperacion) -> Result<Option<Registrada>, ErrorRepositorio> {
        Ok(self.repositorio.operaciones(&[id]).await?.remove(&id))
    }
}

use std::sync::Arc;

use super::objetos::{AlmacenObjetos, ErrorTrozos, Trozos, Zona};
use super::puertos::{Acceso, ConsultaImagenes, ErrorRepositorio, Registrada, RepositorioImagenes, Tramo, Vista};
use crate::dominio::{Archivo, IdImagen, IdOperacion, ImagenDePaquete, Paquete};

/// The queries: `ObtenerImagenAnonimizada`, its file, the list, and the state of an intake.
pub struct ConsultarImagenes {
    consulta: Arc<dyn ConsultaImagenes>,
    repositorio: Arc<dyn RepositorioImagenes>,
    almacen: Arc<dyn AlmacenObjetos>,
}

#[derive(Debug, thiserror::Error)]
pub enum ErrorArchivo {
    #[error(transparent)]
    Repositorio(#[from] ErrorRepositorio),
    #[error(transparent)]
    Objetos(#[from] ErrorTrozos),
}

impl ConsultarImagenes {
    pub fn nuevo(
        consulta: Arc<dyn ConsultaImagenes>,
        repositorio: Arc<dyn RepositorioImagenes>,
        almacen: Arc<dyn AlmacenObjetos>,
    ) -> Self {
        Self { consulta, repositorio, almacen }
    }

    pub async fn obtener(&self, id: IdImagen, acceso: &Acceso) -> Result<Option<Vista>, ErrorRepositorio> {
        self.consulta.ver(id, acceso).await
    }

    /// The clean file of an image; the access is written down before the first byte leaves.
    pub async fn archivo(
        &self,
        id: IdImagen,
        acceso: &Acceso,
    ) -> Result<Option<(Archivo, Box<dyn Trozos>)>, ErrorArchivo> {
        let vista = self.consulta.ver(id, acceso).await?;
        let Some(archivo) = vista.and_then(|vista| vista.imagen.en_archivo()) else { return Ok(None) };
        let contenido = self.almacen.leer(Zona::Limpia, &archivo.objeto).await?;
        Ok(contenido.map(|contenido| (archivo, contenido)))
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

    pub async fn paquete(&self, id: IdOperacion) -> Result<Option<(Paquete, Vec<ImagenDePaquete>)>, ErrorRepositorio> {
        self.repositorio.paquete(id).await
    }
}

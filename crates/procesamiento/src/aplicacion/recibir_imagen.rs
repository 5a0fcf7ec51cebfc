use std::sync::Arc;

use super::puertos::{Cambio, ErrorRepositorio, Guardado, Origen, Registrada, RepositorioImagenes, Versionada};
use crate::dominio::{Comando, ErrorImagen, Huella, IdImagen, Recepcion};

const INTENTOS: u32 = 3;

/// Takes an image in, once for each operation.
pub struct RecibirImagen {
    repositorio: Arc<dyn RepositorioImagenes>,
}

#[derive(Clone, Debug)]
pub struct OrdenRecibir {
    pub id: IdImagen,
    pub recepcion: Recepcion,
    pub origen: Origen,
}

/// The answer to an intake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recibo {
    pub imagen: IdImagen,
    /// The operation had been done before, and nothing was done now.
    pub repetido: bool,
}

#[derive(Debug, thiserror::Error)]
pub enum ErrorRecepcion {
    #[error("the operation was used for another request")]
    ClaveReutilizada,
    #[error(transparent)]
    Imagen(#[from] ErrorImagen),
    #[error(transparent)]
    Repositorio(#[from] ErrorRepositorio),
}

impl RecibirImagen {
    pub fn nuevo(repositorio: Arc<dyn RepositorioImagenes>) -> Self {
        Self { repositorio }
    }

    /// Nearly every image is new, so the first attempt reads nothing: the write itself finds out.
    pub async fn ejecutar(&self, orden: OrdenRecibir) -> Result<Recibo, ErrorRecepcion> {
        let operacion = orden.origen.operacion;
        let mut leida = Versionada::inexistente();
        for _ in 0..INTENTOS {
            let mut cambio = Cambio::sobre(orden.id, leida, orden.origen.clone());
            cambio.decidir(Comando::Recibir(Box::new(orden.recepcion.clone())))?;
            if self.repositorio.guardar(vec![cambio]).await? == [Guardado::Escrito] {
                return Ok(Recibo { imagen: orden.id, repetido: false });
            }
            if let Some(previa) = self.repositorio.operaciones(&[operacion]).await?.remove(&operacion) {
                return previa.repetir(orden.origen.huella.as_ref());
            }
            let mut leidas = self.repositorio.obtener(&[orden.id]).await?;
            leida = leidas.remove(&orden.id).unwrap_or_else(Versionada::inexistente);
        }
        Err(ErrorRepositorio::Contienda(INTENTOS).into())
    }
}

impl Registrada {
    fn repetir(&self, huella: Option<&Huella>) -> Result<Recibo, ErrorRecepcion> {
        if self.huella.as_ref() != huella {
            return Err(ErrorRecepcion::ClaveReutilizada);
        }
        Ok(Recibo { imagen: self.imagen, repetido: true })
    }
}

use std::sync::Arc;

use super::objetos::{AlmacenObjetos, Dictamen, Encargo, ErrorTrozos, Limpiador, Limpio, Zona};
use super::puertos::{Cambio, ErrorRepositorio, Guardado, Origen, RepositorioImagenes, Versionada};
use crate::dominio::{
    Archivo, Causa, ClaveObjeto, Comando, ErrorImagen, IdImagen, ImagenAnonimizada, Inquilino, Limpieza,
};

const INTENTOS: u32 = 5;

/// Cleans the file of an image that was taken in, and makes the result known.
pub struct LimpiarImagen {
    repositorio: Arc<dyn RepositorioImagenes>,
    almacen: Arc<dyn AlmacenObjetos>,
    limpiador: Arc<dyn Limpiador>,
}

#[derive(Clone, Debug)]
pub struct OrdenLimpiar {
    pub id: IdImagen,
    pub inquilino: Inquilino,
    pub origen: Origen,
}

#[derive(Debug, thiserror::Error)]
pub enum ErrorLimpieza {
    #[error(transparent)]
    Imagen(#[from] ErrorImagen),
    #[error(transparent)]
    Repositorio(#[from] ErrorRepositorio),
    #[error(transparent)]
    Objetos(#[from] ErrorTrozos),
}

impl LimpiarImagen {
    pub fn nuevo(
        repositorio: Arc<dyn RepositorioImagenes>,
        almacen: Arc<dyn AlmacenObjetos>,
        limpiador: Arc<dyn Limpiador>,
    ) -> Self {
        Self { repositorio, almacen, limpiador }
    }

    /// May be repeated: a clean file is written over itself, and what is concluded stays as it is.
    pub async fn ejecutar(&self, orden: OrdenLimpiar) -> Result<(), ErrorLimpieza> {
        let leida = self.obtener(orden.id).await?;
        let limpieza = match self.encargo(&orden, &leida.imagen) {
            Some(encargo) => Some(Box::new(self.limpiar(encargo).await?)),
            None => None,
        };
        self.concluir(&orden, leida, limpieza).await
    }

    fn encargo(&self, orden: &OrdenLimpiar, imagen: &ImagenAnonimizada) -> Option<Encargo> {
        let original = imagen.por_limpiar()?.clone();
        Some(Encargo { imagen: orden.id, inquilino: orden.inquilino.clone(), original })
    }

    async fn obtener(&self, id: IdImagen) -> Result<Versionada, ErrorRepositorio> {
        let mut leidas = self.repositorio.obtener(&[id]).await?;
        Ok(leidas.remove(&id).unwrap_or_else(Versionada::inexistente))
    }

    async fn limpiar(&self, encargo: Encargo) -> Result<Limpieza, ErrorTrozos> {
        let objeto = &encargo.original.objeto;
        let Some(mut original) = self.almacen.leer(Zona::Cuarentena, objeto).await? else {
            return Ok(Limpieza::Imposible(Causa { codigo: "original_perdido".to_owned(), informe: None }));
        };
        let dictamen = self.limpiador.limpiar(&encargo, original.as_mut()).await?;
        let limpio = match dictamen {
            Dictamen::Dudoso(causa) => return Ok(Limpieza::Dudosa(causa)),
            Dictamen::Limpio(limpio) => limpio,
        };
        let Limpio { formato, retirados, hallado, atributos, informe, mut contenido } = limpio;
        let objeto = ClaveObjeto::from(encargo.imagen.0);
        let guardada = match self.almacen.guardar(Zona::Limpia, &objeto, contenido.as_mut()).await {
            Ok(guardada) => guardada,
            // What cleaned it did not come to its end: that speaks of the file.
            Err(ErrorTrozos::Roto(_) | ErrorTrozos::Excesivo(_)) => {
                return Ok(Limpieza::Dudosa(Causa { codigo: "limpieza_interrumpida".to_owned(), informe: None }));
            }
            Err(error) => return Err(error),
        };
        let archivo = Archivo { objeto, formato, bytes: guardada.bytes, sha256: guardada.sha256, atributos, informe };
        Ok(Limpieza::Limpia { archivo, retirados, hallado: Box::new(hallado) })
    }

    async fn concluir(
        &self,
        orden: &OrdenLimpiar,
        mut leida: Versionada,
        limpieza: Option<Box<Limpieza>>,
    ) -> Result<(), ErrorLimpieza> {
        for _ in 0..INTENTOS {
            let mut cambio = Cambio::sobre(orden.id, leida, orden.origen.clone());
            cambio.decidir(orden.comando(limpieza.clone()))?;
            if cambio.eventos.is_empty() || self.repositorio.guardar(vec![cambio]).await? == [Guardado::Escrito] {
                return Ok(());
            }
            leida = self.obtener(orden.id).await?;
        }
        Err(ErrorRepositorio::Contienda(INTENTOS).into())
    }
}

impl OrdenLimpiar {
    fn comando(&self, limpieza: Option<Box<Limpieza>>) -> Comando {
        let (inquilino, cuando) = (self.inquilino.clone(), self.origen.instante);
        match limpieza {
            Some(limpieza) => Comando::Concluir { inquilino, limpieza, cuando },
            None => {
                Comando::Anonimizar { inquilino, perfil: crate::dominio::Perfil::Metadatos, cuando, recepcion: None }
            }
        }
    }
}

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::objetos::{AlmacenObjetos, ErrorTrozos, RegistroObjetos, Zona};
use super::puertos::ErrorRepositorio;

/// Objects that one round looks at.
const TANDA: u32 = 256;

/// Deletes from the stores what has no business there.
pub struct BarrerObjetos {
    registro: Arc<dyn RegistroObjetos>,
    almacen: Arc<dyn AlmacenObjetos>,
}

#[derive(Debug, thiserror::Error)]
pub enum ErrorBarrido {
    #[error(transparent)]
    Repositorio(#[from] ErrorRepositorio),
    #[error(transparent)]
    Objetos(#[from] ErrorTrozos),
}

impl BarrerObjetos {
    pub fn nuevo(registro: Arc<dyn RegistroObjetos>, almacen: Arc<dyn AlmacenObjetos>) -> Self {
        Self { registro, almacen }
    }

    /// Deletes the originals of images that came to an end, and tells how many went. It may be cut off anywhere:
    /// an original is forgotten only once the store confirms that it is gone.
    pub async fn originales(&self) -> Result<usize, ErrorBarrido> {
        let mut hechos = 0;
        loop {
            let liberados = self.registro.liberados(TANDA).await?;
            if liberados.is_empty() {
                return Ok(hechos);
            }
            for objeto in &liberados {
                self.almacen.borrar(Zona::Cuarentena, objeto).await?;
            }
            self.registro.borrados(&liberados).await?;
            hechos += liberados.len();
        }
    }

    /// Deletes what was written before an instant and belongs to no image, and tells how much that was.
    pub async fn huerfanos(&self, antes_de: DateTime<Utc>) -> Result<usize, ErrorBarrido> {
        let mut hechos = 0;
        for zona in [Zona::Cuarentena, Zona::Limpia] {
            let antiguos = self.almacen.anteriores(zona, antes_de, usize::MAX).await?;
            for tanda in antiguos.chunks(TANDA as usize) {
                let conocidos = self.registro.conocidos(zona, tanda).await?;
                for objeto in tanda.iter().filter(|objeto| !conocidos.contains(objeto)) {
                    self.almacen.borrar(zona, objeto).await?;
                    hechos += 1;
                }
            }
        }
        Ok(hechos)
    }
}

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::puertos::{Cambio, ErrorRepositorio, Guardado, Origen, RepositorioImagenes, Versionada};
use crate::dominio::{Comando, ErrorImagen, IdImagen, Inquilino, Perfil, Recepcion};

const INTENTOS: u32 = 5;

/// Anonymises images that were taken in, or that the order itself brings.
pub struct AnonimizarImagenes {
    repositorio: Arc<dyn RepositorioImagenes>,
}

#[derive(Clone, Debug)]
pub struct OrdenAnonimizar {
    pub id: IdImagen,
    pub inquilino: Inquilino,
    pub perfil: Perfil,
    /// The fields of the image, when the order brings all of them.
    pub recepcion: Option<Recepcion>,
    pub origen: Origen,
}

impl AnonimizarImagenes {
    pub fn nuevo(repositorio: Arc<dyn RepositorioImagenes>) -> Self {
        Self { repositorio }
    }

    /// One answer per order, in order; orders for one image fold in turn. On `Err` some may be done: repeat all.
    pub async fn ejecutar(
        &self,
        ordenes: &[OrdenAnonimizar],
    ) -> Result<Vec<Result<(), ErrorImagen>>, ErrorRepositorio> {
        let mut respuestas = vec![Ok(()); ordenes.len()];
        let mut pendientes: HashSet<IdImagen> = ordenes.iter().map(|orden| orden.id).collect();
        for _ in 0..INTENTOS {
            let ids: Vec<_> = pendientes.iter().copied().collect();
            let mut leidas = self.repositorio.obtener(&ids).await?;
            let mut cambios: HashMap<IdImagen, Cambio> = HashMap::new();
            for (orden, respuesta) in ordenes.iter().zip(&mut respuestas) {
                if pendientes.contains(&orden.id) {
                    let cambio = cambios.entry(orden.id).or_insert_with(|| orden.sobre(leidas.remove(&orden.id)));
                    *respuesta = cambio.decidir(orden.comando());
                }
            }
            pendientes = self.guardar(cambios.into_values()).await?;
            if pendientes.is_empty() {
                return Ok(respuestas);
            }
        }
        Err(ErrorRepositorio::Contienda(INTENTOS))
    }

    /// Writes the changes that have facts and returns the images that somebody else wrote first.
    async fn guardar(&self, cambios: impl Iterator<Item = Cambio>) -> Result<HashSet<IdImagen>, ErrorRepositorio> {
        let cambios: Vec<_> = cambios.filter(|cambio| !cambio.eventos.is_empty()).collect();
        let ids: Vec<_> = cambios.iter().map(|cambio| cambio.id).collect();
        if ids.is_empty() {
            return Ok(HashSet::new());
        }
        let guardados = self.repositorio.guardar(cambios).await?;
        let conflictos = ids.into_iter().zip(guardados).filter(|(_, guardado)| *guardado == Guardado::Conflicto);
        Ok(conflictos.map(|(id, _)| id).collect())
    }
}

impl OrdenAnonimizar {
    fn sobre(&self, leida: Option<Versionada>) -> Cambio {
        Cambio::sobre(self.id, leida.unwrap_or_else(Versionada::inexistente), self.origen.clone())
    }

    fn comando(&self) -> Comando {
        Comando::Anonimizar {
            inquilino: self.inquilino.clone(),
            perfil: self.perfil,
            cuando: self.origen.instante,
            recepcion: self.recepcion.clone().map(Box::new),
        }
    }
}

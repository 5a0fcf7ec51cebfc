use super::{Cambio, ErrorRepositorio, Guardado, Orden, RepositorioServicios, ronda};
use chrono::{DateTime, Utc};
use std::collections::HashSet;
use std::sync::Arc;

/// How often a batch is decided again on fresh data before its sender has to wait.
const RONDAS: usize = 8;

/// Carries out orders on data services and answers each of them.
pub struct AtenderOrdenes {
    repositorio: Arc<dyn RepositorioServicios>,
}

impl AtenderOrdenes {
    pub fn nuevo(repositorio: Arc<dyn RepositorioServicios>) -> Self {
        Self { repositorio }
    }

    /// Decides and stores a batch; whoever loses against another transaction is decided again.
    ///
    /// On `Err` part of the batch may be stored. Asking for the same batch again is harmless.
    pub async fn ejecutar(&self, ordenes: Vec<Orden>, instante: DateTime<Utc>) -> Result<(), ErrorRepositorio> {
        let mut pendientes = sin_repetir(ordenes);
        let mut rondas = 0..RONDAS;
        while !pendientes.is_empty() {
            rondas.next().ok_or(ErrorRepositorio::EnDisputa)?;
            let panorama = self.repositorio.obtener(&pendientes).await?;
            let cambios = ronda::decidir(pendientes, panorama);
            let guardados = self.repositorio.guardar(&cambios, instante).await?;
            pendientes = perdedoras(cambios, &guardados);
        }
        Ok(())
    }
}

/// An id that comes twice in a batch is the same order: one answer is enough.
fn sin_repetir(mut ordenes: Vec<Orden>) -> Vec<Orden> {
    let mut vistas = HashSet::new();
    ordenes.retain(|orden| vistas.insert(orden.id));
    ordenes
}

fn perdedoras(cambios: Vec<Cambio>, guardados: &[Guardado]) -> Vec<Orden> {
    cambios
        .into_iter()
        .zip(guardados)
        .filter(|(_, guardado)| **guardado == Guardado::Conflicto)
        .flat_map(|(cambio, _)| cambio.atendidas)
        .map(|atendida| atendida.orden)
        .collect()
}

use std::sync::Arc;

use chrono::{DateTime, Utc};
use saga::Evento;

use super::Tenencia;
use super::puertos::{Avance, ErrorRepositorio, Guardado, RepositorioSagas, Saga};
use super::responder_saga::{avanzar, sin_avance};
use crate::dominio::IdSaga;

/// Moves the sagas whose deadlines passed; a deadline is a column of the saga, so none is lost with a process.
///
/// Only the holder of a saga's partition does: the others would do the same work to lose at the version.
pub struct VencerPlazos {
    repositorio: Arc<dyn RepositorioSagas>,
}

/// What became of the sagas of one round.
#[derive(Debug, Default)]
pub struct Vencidas {
    /// How many moved.
    pub movidas: usize,
    /// Those that do not move by deadline now.
    pub quietas: Vec<IdSaga>,
    /// Those that cannot be handled, and why.
    pub imposibles: Vec<(IdSaga, ErrorRepositorio)>,
}

impl VencerPlazos {
    pub fn nuevo(repositorio: Arc<dyn RepositorioSagas>) -> Self {
        Self { repositorio }
    }

    /// The sagas to look at, earliest deadline first.
    pub async fn buscar(
        &self,
        ahora: DateTime<Utc>,
        tenencia: &Tenencia,
        apartadas: &[IdSaga],
        limite: i64,
    ) -> Result<Vec<IdSaga>, ErrorRepositorio> {
        self.repositorio.vencidas(ahora, tenencia, apartadas, limite).await
    }

    /// Fires what has passed in these sagas, in one transaction; one that cannot be handled stops no other.
    ///
    /// A saga that somebody else moved meanwhile, or whose partition is no longer held, is left alone.
    pub async fn vencer(
        &self,
        ids: &[IdSaga],
        ahora: DateTime<Utc>,
        tenencia: &Tenencia,
    ) -> Result<Vencidas, ErrorRepositorio> {
        match self.juntas(ids, ahora, tenencia).await {
            Err(ErrorRepositorio::Datos(_)) if ids.len() > 1 => self.de_una_en_una(ids, ahora, tenencia).await,
            Err(error @ ErrorRepositorio::Datos(_)) if let [id] = ids => {
                Ok(Vencidas { imposibles: vec![(*id, error)], ..Vencidas::default() })
            }
            vencidas => vencidas,
        }
    }

    async fn de_una_en_una(
        &self,
        ids: &[IdSaga],
        ahora: DateTime<Utc>,
        tenencia: &Tenencia,
    ) -> Result<Vencidas, ErrorRepositorio> {
        let mut total = Vencidas::default();
        for id in ids {
            let una = Box::pin(self.vencer(std::slice::from_ref(id), ahora, tenencia)).await?;
            total.movidas += una.movidas;
            total.quietas.extend(una.quietas);
            total.imposibles.extend(una.imposibles);
        }
        Ok(total)
    }

    async fn juntas(
        &self,
        ids: &[IdSaga],
        ahora: DateTime<Utc>,
        tenencia: &Tenencia,
    ) -> Result<Vencidas, ErrorRepositorio> {
        let sagas = self.repositorio.obtener(ids).await?;
        let avances: Vec<Avance> = sagas.into_iter().map(|saga| vencer_pasos(saga, ahora)).collect();
        let (mut avances, quietas): (Vec<Avance>, Vec<Avance>) =
            avances.into_iter().partition(|avance| !avance.entradas.is_empty());
        let quietas = quietas.iter().map(|avance| avance.saga.id).collect();
        if avances.is_empty() {
            return Ok(Vencidas { quietas, ..Vencidas::default() });
        }
        avances.sort_unstable_by_key(|avance| avance.saga.id);
        let guardados = self.repositorio.guardar_vencidas(&avances, tenencia).await?;
        let movidas = guardados.iter().filter(|guardado| **guardado == Guardado::Escrito).count();
        Ok(Vencidas { movidas, quietas, ..Vencidas::default() })
    }
}

fn vencer_pasos(saga: Saga, ahora: DateTime<Utc>) -> Avance {
    let vencidos: Vec<String> = saga.estado.vencidos(ahora.timestamp_millis()).map(str::to_owned).collect();
    let mut avance = sin_avance(saga, ahora);
    for paso in vencidos {
        avanzar(&mut avance, &Evento::PlazoVencido { paso });
    }
    avance
}

use std::sync::Arc;

use chrono::{DateTime, Utc};
use saga::Evento;

use super::puertos::{Avance, ErrorRepositorio, RepositorioSagas};
use super::responder_saga::{avanzar, sin_avance};

/// How many sagas one round takes.
const LOTE: i64 = 64;

/// Moves the sagas whose deadlines passed; a deadline is a column of the saga, so none is lost with a process.
pub struct VencerPlazos {
    repositorio: Arc<dyn RepositorioSagas>,
}

impl VencerPlazos {
    pub fn nuevo(repositorio: Arc<dyn RepositorioSagas>) -> Self {
        Self { repositorio }
    }

    /// One round; how many sagas moved. A saga that somebody else moved meanwhile is left to the next round.
    pub async fn ejecutar(&self, ahora: DateTime<Utc>) -> Result<usize, ErrorRepositorio> {
        let sagas = self.repositorio.vencidas(ahora, LOTE).await?;
        let avances: Vec<Avance> = sagas
            .into_iter()
            .map(|saga| {
                let vencidos: Vec<String> = saga.estado.vencidos(ahora.timestamp_millis()).map(str::to_owned).collect();
                let mut avance = sin_avance(saga, ahora);
                for paso in vencidos {
                    avanzar(&mut avance, &Evento::PlazoVencido { paso });
                }
                avance
            })
            .filter(|avance| !avance.entradas.is_empty())
            .collect();
        if avances.is_empty() {
            return Ok(0);
        }
        let guardados = self.repositorio.guardar(&avances).await?;
        Ok(guardados.iter().filter(|guardado| **guardado == super::puertos::Guardado::Escrito).count())
    }
}

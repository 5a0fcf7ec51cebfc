use std::sync::Arc;

use super::hechos::Expediente;
use super::puertos::{Balance, Juicio, LibrosAjenos, RepositorioAuditoria};
use super::reglas::juzgar;
use crate::aplicacion::puertos::ErrorRepositorio;
use crate::dominio::IdSuscripcion;

/// Compares the ledgers of all services, without end: sagas that have just ended first, then everything again.
///
/// A ledger that does not answer leaves what depends on it unchecked: it is asked again, never taken for right.
pub struct VigilarConsistencia {
    repositorio: Arc<dyn RepositorioAuditoria>,
    libros: Arc<dyn LibrosAjenos>,
}

/// What a round did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ronda {
    /// Sagas that were found to have ended, and checked.
    pub terminadas: i64,
    /// Whether more waits to be checked at once.
    pub sigue: bool,
    /// Who did not answer.
    pub callados: Vec<&'static str>,
}

impl VigilarConsistencia {
    pub fn nuevo(repositorio: Arc<dyn RepositorioAuditoria>, libros: Arc<dyn LibrosAjenos>) -> Self {
        Self { repositorio, libros }
    }

    /// One round; none when another instance has the turn.
    pub async fn ronda(&self) -> Result<Option<Ronda>, ErrorRepositorio> {
        if !self.repositorio.tomar_turno().await? {
            return Ok(None);
        }
        let mut ronda = Ronda::default();
        self.revisar(&self.repositorio.por_confirmar().await?, &mut ronda).await?;
        let tramo = self.repositorio.tramo().await?;
        if self.revisar(&tramo.suscripciones, &mut ronda).await? {
            self.repositorio.pasar_tramo(&tramo).await?;
            ronda.terminadas = tramo.terminadas;
            ronda.sigue = tramo.sigue;
        }
        if let Some(barrida) = self.repositorio.barrida().await?
            && self.revisar(&barrida.suscripciones, &mut ronda).await?
        {
            self.repositorio.pasar_barrida(&barrida).await?;
            ronda.sigue |= !barrida.ultima;
        }
        Ok(Some(ronda))
    }

    pub async fn balance(&self) -> Result<Balance, ErrorRepositorio> {
        self.repositorio.balance().await
    }

    /// Judges the subscriptions and stores what was found; false when some ledger did not answer.
    async fn revisar(&self, ids: &[IdSuscripcion], ronda: &mut Ronda) -> Result<bool, ErrorRepositorio> {
        if ids.is_empty() {
            return Ok(true);
        }
        let mut expedientes = self.repositorio.expedientes(ids).await?;
        let callados = self.completar(ids, &mut expedientes).await;
        let halladas = expedientes
            .iter()
            .flat_map(|expediente| juzgar(expediente).into_iter().map(|hallada| (expediente.id, hallada)));
        let juicio = Juicio { juzgadas: ids.to_vec(), halladas: halladas.collect(), callados };
        self.repositorio.anotar(&juicio).await?;
        let completo = juicio.callados.is_empty();
        for quien in juicio.callados {
            if !ronda.callados.contains(&quien) {
                ronda.callados.push(quien);
            }
        }
        Ok(completo)
    }

    /// Adds what the other ledgers say; who did not answer.
    async fn completar(&self, ids: &[IdSuscripcion], expedientes: &mut [Expediente]) -> Vec<&'static str> {
        let mut callados = Vec::new();
        match self.libros.servicios(ids).await {
            Ok(mut libro) => {
                for expediente in expedientes.iter_mut() {
                    expediente.servicios = Some(libro.remove(&expediente.id).unwrap_or_default());
                }
            }
            Err(callado) => callados.push(callado.0),
        }
        match self.libros.avisos(ids).await {
            Ok(mut libro) => {
                for expediente in expedientes.iter_mut() {
                    expediente.avisos = Some(libro.remove(&expediente.id).unwrap_or_default());
                }
            }
            Err(callado) => callados.push(callado.0),
        }
        callados
    }
}

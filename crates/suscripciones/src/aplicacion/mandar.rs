use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::definiciones::{Comprobacion, Comprobador, ErrorComprobacion};
use super::encargo::{Asiento, Encargo, Rechazo, Resultado};
use super::filtro_sagas::FiltroSagas;
use super::mudanza::Mudador;
use super::puertos::{Avance, ErrorRepositorio, Mandado, RepositorioMandos, RepositorioSagas, Saga};
use crate::dominio::IdSaga;

/// How often an order that lost against another transition is decided again.
const INTENTOS: u32 = 8;

/// Carries out what operators order of sagas: each order is an entry of the saga's log, decided against its current
/// state, and a record of who ordered it, in one transaction with the commands that it sends.
pub struct Mandar {
    sagas: Arc<dyn RepositorioSagas>,
    mandos: Arc<dyn RepositorioMandos>,
    mudador: Arc<dyn Mudador>,
    comprobador: Arc<dyn Comprobador>,
}

/// What an order would lead to.
#[derive(Debug, Clone)]
pub struct Prevision {
    /// As read.
    pub saga: Saga,
    pub decidido: Result<Avance, Rechazo>,
}

impl Mandar {
    pub fn nuevo(
        sagas: Arc<dyn RepositorioSagas>,
        mandos: Arc<dyn RepositorioMandos>,
        mudador: Arc<dyn Mudador>,
        comprobador: Arc<dyn Comprobador>,
    ) -> Self {
        Self { sagas, mandos, mudador, comprobador }
    }

    /// Decides without any effect; sagas that do not exist are absent.
    pub async fn prever(
        &self,
        ids: &[IdSaga],
        encargo: &Encargo,
        ahora: DateTime<Utc>,
    ) -> Result<Vec<Prevision>, ErrorRepositorio> {
        let sagas = self.sagas.obtener(ids).await?;
        self.decidir(sagas, encargo, ahora).await
    }

    /// Walks every run that the saga could have once it took the order; none for one that it refuses.
    pub async fn comprobar(&self, prevision: &Prevision) -> Result<Option<Comprobacion>, ErrorComprobacion> {
        let Ok(avance) = &prevision.decidido else { return Ok(None) };
        self.comprobador.comprobar_desde(&avance.saga.definicion, avance.estado.clone()).await.map(Some)
    }

    async fn decidir(
        &self,
        sagas: Vec<Saga>,
        encargo: &Encargo,
        ahora: DateTime<Utc>,
    ) -> Result<Vec<Prevision>, ErrorRepositorio> {
        let mando = match encargo.orden.mando() {
            Ok(mando) => mando,
            Err(mudanza) => return self.mudador.decidir(mudanza, encargo, sagas, ahora).await,
        };
        let decidir = |saga: Saga| {
            let decidido = encargo.decidir(&mando, &saga, ahora).map_err(Rechazo::Mando);
            Prevision { saga, decidido }
        };
        Ok(sagas.into_iter().map(decidir).collect())
    }

    /// Carries the order out on each saga, and records what came of it.
    ///
    /// A saga that is gone or does not match the filter any more is left alone. One that moves meanwhile is read and decided
    /// again; one that never stands still counts as changed. What another process recorded in the same batch is left
    /// to it, and what there was no time to look at is left for the next step of the batch, which looks at it first.
    pub async fn ejecutar(
        &self,
        ids: &[IdSaga],
        encargo: &Encargo,
        filtro: &FiltroSagas,
        ahora: DateTime<Utc>,
    ) -> Result<Vec<Asiento>, ErrorRepositorio> {
        let mut asientos = Vec::with_capacity(ids.len());
        let mut pendientes = ids.to_vec();
        for _ in 0..INTENTOS {
            let (avances, resueltos) = self.resolver(&pendientes, encargo, filtro, ahora).await?;
            self.mandos.anotar(encargo, &resueltos).await?;
            asientos.extend(resueltos);
            let mandados = self.mandos.guardar(encargo, &avances).await?;
            pendientes.clear();
            for (avance, mandado) in avances.into_iter().zip(mandados) {
                let saga = avance.saga.id;
                match mandado {
                    Mandado::Aplicado => {
                        let resultado = Resultado::Aplicado { version: avance.estado.version };
                        asientos.push(Asiento { saga, resultado, instante: ahora });
                    }
                    Mandado::Conflicto => pendientes.push(saga),
                    Mandado::YaConsta => {}
                }
            }
            if pendientes.is_empty() {
                return Ok(asientos);
            }
        }
        let cambiada = |&saga: &IdSaga| Asiento { saga, resultado: Resultado::Cambiada, instante: ahora };
        let cambiadas: Vec<Asiento> = pendientes.iter().map(cambiada).collect();
        self.mandos.anotar(encargo, &cambiadas).await?;
        asientos.extend(cambiadas);
        Ok(asientos)
    }

    /// The transitions to store, and the sagas for which nothing is left to do.
    async fn resolver(
        &self,
        ids: &[IdSaga],
        encargo: &Encargo,
        filtro: &FiltroSagas,
        ahora: DateTime<Utc>,
    ) -> Result<(Vec<Avance>, Vec<Asiento>), ErrorRepositorio> {
        let (mut avances, mut resueltos) = (Vec::new(), Vec::new());
        let sagas = self.sagas.obtener(ids).await?;
        let ausente = |id: &&IdSaga| sagas.iter().all(|saga| saga.id != **id);
        let cambiada = |saga: IdSaga| Asiento { saga, resultado: Resultado::Cambiada, instante: ahora };
        resueltos.extend(ids.iter().filter(ausente).copied().map(cambiada));
        let (siguen, otras): (Vec<Saga>, Vec<Saga>) = sagas.into_iter().partition(|saga| filtro.sigue(saga));
        resueltos.extend(otras.iter().map(|saga| cambiada(saga.id)));
        for Prevision { saga, decidido } in self.decidir(siguen, encargo, ahora).await? {
            match decidido {
                Ok(avance) => avances.push(avance),
                Err(rechazo) if rechazo.aplaza() => {}
                Err(rechazo) => {
                    resueltos.push(Asiento { saga: saga.id, resultado: Resultado::Rechazado(rechazo), instante: ahora })
                }
            }
        }
        avances.sort_unstable_by_key(|avance| avance.saga.id);
        Ok((avances, resueltos))
    }
}

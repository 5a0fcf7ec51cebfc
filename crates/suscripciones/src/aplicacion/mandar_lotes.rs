use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use chrono::{DateTime, Duration, Utc};
use uuid::Uuid;

use super::encargo::{Encargo, Orden, Rechazo};
use super::filtro_sagas::FiltroSagas;
use super::mandar::{Mandar, Prevision};
use super::puertos::{Confirmacion, ErrorRepositorio, Lote, RepositorioMandos};
use crate::dominio::IdSaga;

/// How many sagas one order reaches at most.
pub const MAXIMO: usize = 5000;
/// How long what was shown may be confirmed.
const VIGENCIA: Duration = Duration::minutes(10);
/// Sagas of one step of a batch: what is lost with a process is less than that.
const TANDA: i64 = 64;
/// Sagas that a proposal reads at once.
const TRAMO: usize = 500;
/// How many of the sagas a proposal shows.
const MUESTRA: usize = 10;

/// Orders to many sagas, in two steps: a proposal says what it would do, its confirmation has it carried out, by
/// whichever process takes it, saga by saga and once.
pub struct MandarLotes {
    mandar: Arc<Mandar>,
    mandos: Arc<dyn RepositorioMandos>,
}

/// What a batch would do if it were carried out now.
#[derive(Debug)]
pub struct Propuesta {
    pub lote: Lote,
    /// There are more than a batch may reach; they are left out.
    pub hay_mas: bool,
    pub aplicables: usize,
    pub rechazadas: Vec<Rechazadas>,
    pub muestra: Vec<Prevision>,
}

/// The sagas that would refuse for one reason.
#[derive(Debug)]
pub struct Rechazadas {
    pub rechazo: Rechazo,
    pub sagas: Vec<IdSaga>,
}

impl Propuesta {
    /// How many would refuse, by code.
    pub fn rechazos(&self) -> BTreeMap<&'static str, usize> {
        self.rechazadas.iter().fold(BTreeMap::new(), |mut cuentas, grupo| {
            *cuentas.entry(grupo.rechazo.codigo()).or_default() += grupo.sagas.len();
            cuentas
        })
    }

    fn anotar(&mut self, prevision: Prevision) {
        let saga = prevision.saga.id;
        match &prevision.decidido {
            Ok(_) => self.aplicables += 1,
            Err(rechazo) => match self.rechazadas.iter_mut().find(|grupo| grupo.rechazo == *rechazo) {
                Some(grupo) => grupo.sagas.push(saga),
                None => self.rechazadas.push(Rechazadas { rechazo: rechazo.clone(), sagas: vec![saga] }),
            },
        }
        if self.muestra.len() < MUESTRA {
            self.muestra.push(prevision);
        }
    }

    /// A move is of those that were found fit for it, whatever becomes of the others until it is confirmed.
    fn dejar_aplicables(&mut self) {
        let rechazadas: HashSet<IdSaga> =
            self.rechazadas.iter().flat_map(|grupo| grupo.sagas.iter().copied()).collect();
        self.lote.sagas.retain(|saga| !rechazadas.contains(saga));
    }
}

impl MandarLotes {
    pub fn nuevos(mandar: Arc<Mandar>, mandos: Arc<dyn RepositorioMandos>) -> Self {
        Self { mandar, mandos }
    }

    /// Chooses the sagas and keeps the choice for a while; `id` is what the confirmation must name.
    pub async fn proponer(
        &self,
        id: Uuid,
        encargo: Encargo,
        filtro: FiltroSagas,
        ahora: DateTime<Utc>,
    ) -> Result<Propuesta, ErrorRepositorio> {
        let mut sagas = self.mandos.seleccionar(&encargo.inquilino, &filtro, MAXIMO as i64 + 1).await?;
        let hay_mas = sagas.len() > MAXIMO;
        sagas.truncate(MAXIMO);
        let encargo = Encargo { lote: Some(id), ..encargo };
        let muda = matches!(encargo.orden, Orden::Migrar(_));
        let lote = Lote { id, encargo, filtro, sagas: sagas.clone(), creado: ahora, vence: ahora + VIGENCIA };
        let (rechazadas, muestra) = (Vec::new(), Vec::new());
        let mut propuesta = Propuesta { lote, hay_mas, aplicables: 0, rechazadas, muestra };
        // The states of a move are checked once for all of its sagas.
        for ids in sagas.chunks(if muda { MAXIMO } else { TRAMO }) {
            let previsiones = self.mandar.prever(ids, &propuesta.lote.encargo, ahora).await?;
            previsiones.into_iter().for_each(|prevision| propuesta.anotar(prevision));
        }
        if muda {
            propuesta.dejar_aplicables();
        }
        self.mandos.proponer(&propuesta.lote).await?;
        Ok(propuesta)
    }

    /// Has a proposal carried out; confirming it again changes nothing.
    pub async fn confirmar(
        &self,
        id: Uuid,
        actor: &str,
        ahora: DateTime<Utc>,
    ) -> Result<Confirmacion, ErrorRepositorio> {
        self.mandos.confirmar(id, actor, ahora).await
    }

    /// One step of one confirmed batch; false when there is nothing to do.
    pub async fn avanzar(&self, ahora: DateTime<Utc>) -> Result<bool, ErrorRepositorio> {
        let Some((lote, ids)) = self.mandos.tomar(TANDA).await? else { return Ok(false) };
        self.mandar.ejecutar(&ids, &lote.encargo, &lote.filtro, ahora).await?;
        self.mandos.soltar(lote.id).await?;
        Ok(true)
    }
}

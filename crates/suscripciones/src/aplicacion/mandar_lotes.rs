use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Duration, Utc};
use uuid::Uuid;

use super::encargo::{Encargo, codigo_de};
use super::filtro_sagas::FiltroSagas;
use super::mandar::{Mandar, Prevision};
use super::puertos::{Confirmacion, ErrorRepositorio, Lote, RepositorioMandos};

/// How many sagas one order reaches at most.
pub const MAXIMO: usize = 5000;
/// How long what was shown may be confirmed.
const VIGENCIA: Duration = Duration::minutes(10);
/// Sagas of one step of a batch: what is lost with a process is less than that.
const TANDA: i64 = 64;
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
    /// How many would refuse, by code.
    pub rechazos: BTreeMap<&'static str, usize>,
    pub muestra: Vec<Prevision>,
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
        let lote = Lote { id, encargo, filtro, sagas, creado: ahora, vence: ahora + VIGENCIA };
        let (mut aplicables, mut rechazos, mut muestra) = (0, BTreeMap::new(), Vec::new());
        for ids in lote.sagas.chunks(500) {
            for prevision in self.mandar.prever(ids, &lote.encargo, ahora).await? {
                match &prevision.decidido {
                    Ok(_) => aplicables += 1,
                    Err(rechazo) => *rechazos.entry(codigo_de(rechazo)).or_default() += 1,
                }
                if muestra.len() < MUESTRA {
                    muestra.push(prevision);
                }
            }
        }
        self.mandos.proponer(&lote).await?;
        Ok(Propuesta { lote, hay_mas, aplicables, rechazos, muestra })
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

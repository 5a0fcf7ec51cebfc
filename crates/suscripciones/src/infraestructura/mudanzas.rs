use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::catalogo::CatalogoPg;
use super::comprobador::Comprobaciones;
use crate::aplicacion::puertos::{ErrorRepositorio, Saga};
use crate::aplicacion::{Encargo, Mudador, Mudanza, Prevision, Rechazo, Versiones};

/// Moves between the versions of the catalogue, checked aside.
pub struct Mudanzas {
    catalogo: Arc<CatalogoPg>,
    comprobaciones: Arc<Comprobaciones>,
}

impl Mudanzas {
    pub fn nuevas(catalogo: Arc<CatalogoPg>, comprobaciones: Arc<Comprobaciones>) -> Self {
        Self { catalogo, comprobaciones }
    }

    /// Versions that sagas may run; none if one of them is not such.
    pub async fn versiones(&self, mudanza: &Mudanza) -> Result<Option<Versiones>, ErrorRepositorio> {
        let de = self.catalogo.version(&mudanza.definicion, mudanza.de).await?;
        let a = self.catalogo.version(&mudanza.definicion, mudanza.a).await?;
        let ambas = de.zip(a);
        Ok(ambas.map(|(de, a)| Versiones { de: de.definicion.clone(), a: a.definicion.clone() }))
    }
}

#[async_trait]
impl Mudador for Mudanzas {
    #[tracing::instrument(name = "mudanzas.decidir", skip_all, fields(sagas = sagas.len()))]
    async fn decidir(
        &self,
        mudanza: &Mudanza,
        encargo: &Encargo,
        sagas: Vec<Saga>,
        ahora: DateTime<Utc>,
    ) -> Result<Vec<Prevision>, ErrorRepositorio> {
        let Some(versiones) = self.versiones(mudanza).await? else {
            let sin_version = |saga| Prevision { saga, decidido: Err(Rechazo::SinVersion) };
            return Ok(sagas.into_iter().map(sin_version).collect());
        };
        let (mudanza, encargo, cotas) = (mudanza.clone(), encargo.clone(), self.comprobaciones.cotas());
        let decidir = self
            .comprobaciones
            .en_su_turno(move |seguir| versiones.decidir(&mudanza, &encargo, sagas, ahora, (cotas, seguir)));
        let (previsiones, _) = decidir.await.map_err(|causa| ErrorRepositorio::NoDisponible(Box::new(causa)))?;
        Ok(previsiones)
    }
}

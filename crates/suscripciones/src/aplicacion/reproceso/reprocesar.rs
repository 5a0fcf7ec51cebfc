use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::informe::{Hecho, Hueco, Informe};
use super::pliegue::{Cotejo, Falta, ilegibles, plegar};
use super::puertos::{ErrorReproceso, Historia, Publicado, SagaPlegada, TablasSagas};
use super::restaurar::Restauracion;
use crate::aplicacion::puertos::{Identidades, RepositorioSagas};
use crate::dominio::IdSaga;

/// What is asked of a reprocessing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Peticion {
    /// Writes what is missing or differs; otherwise it only compares.
    pub real: bool,
    /// Only this saga, while the others go on.
    pub saga: Option<IdSaga>,
    /// Takes what the log lacks from the last published states.
    pub desde_estado: bool,
}

/// Rebuilds the tables of sagas from what was published of them, or says what rebuilding them would change.
pub struct Reprocesar {
    publicado: Arc<dyn Publicado>,
    tablas: Arc<dyn TablasSagas>,
    restauracion: Restauracion,
}

impl Reprocesar {
    pub fn nuevo(
        publicado: Arc<dyn Publicado>,
        tablas: Arc<dyn TablasSagas>,
        sagas: Arc<dyn RepositorioSagas>,
        identidades: Arc<dyn Identidades>,
        reloj: fn() -> DateTime<Utc>,
    ) -> Self {
        let restauracion =
            Restauracion { publicado: publicado.clone(), tablas: tablas.clone(), sagas, identidades, reloj };
        Self { publicado, tablas, restauracion }
    }

    /// A rebuilding of everything stops the orchestrators first, and lets them go on afterwards unless somebody
    /// else had stopped them, or it failed half-way: then the sagas that it wrote may not go on as they are.
    pub async fn ejecutar(&self, peticion: Peticion) -> Result<Informe, ErrorReproceso> {
        if !self.tablas.tomar_turno().await? {
            return Err(ErrorReproceso::OtroEnMarcha);
        }
        let informe = self.en_turno(peticion).await;
        self.tablas.soltar_turno().await?;
        informe
    }

    async fn en_turno(&self, peticion: Peticion) -> Result<Informe, ErrorReproceso> {
        let pausada = peticion.real && peticion.saga.is_none() && self.tablas.pausar().await?;
        let informe = self.quietas(peticion).await;
        if pausada && (informe.is_ok() || self.nada_a_medias().await) {
            self.tablas.reanudar().await?;
        }
        informe
    }

    async fn nada_a_medias(&self) -> bool {
        self.tablas.por_restaurar().await.is_ok_and(|quedan| quedan.is_empty())
    }

    async fn quietas(&self, peticion: Peticion) -> Result<Informe, ErrorReproceso> {
        let mut informe = Informe { real: peticion.real, saga: peticion.saga.map(|saga| saga.0), ..Informe::default() };
        if peticion.real {
            self.tablas.asegurar().await?;
        }
        self.tablas.drenar().await?;
        self.tablas.vaciar_banco().await?;
        self.leer(peticion, &mut informe).await?;
        self.plegar(peticion, &mut informe).await?;
        informe.comparacion = self.tablas.comparar(peticion.saga).await?;
        if peticion.real {
            informe.rehecho = Some(self.rehacer(peticion, &mut informe).await?);
        }
        self.tablas.vaciar_banco().await?;
        Ok(informe)
    }

    /// Copies what was published onto the bench: the states first, so that none is ahead of the log but by a gap.
    async fn leer(&self, peticion: Peticion, informe: &mut Informe) -> Result<(), ErrorReproceso> {
        let pedida = |saga: IdSaga| peticion.saga.is_none_or(|una| una == saga);
        let mut estados = self.publicado.estados().await?;
        while let Some(mut lote) = estados.siguiente().await? {
            lote.leidos.retain(|estado| pedida(estado.saga));
            self.tablas.anotar_estados(&lote.leidos).await?;
            informe.leido.estados += lote.leidos.len() as u64;
            informe.leido.ilegibles += lote.ilegibles;
        }
        let mut registro = self.publicado.registro().await?;
        while let Some(mut lote) = registro.siguiente().await? {
            lote.leidos.retain(|transicion| pedida(transicion.saga));
            let anotadas = self.tablas.anotar(&lote.leidos).await?;
            informe.leido.sumar(&lote, anotadas);
        }
        Ok(())
    }

    async fn plegar(&self, peticion: Peticion, informe: &mut Informe) -> Result<(), ErrorReproceso> {
        let mut ultima = None;
        loop {
            let historias = self.tablas.historias(ultima).await?;
            let Some(final_de_pagina) = historias.last() else { return Ok(()) };
            ultima = Some(final_de_pagina.saga);
            let plegadas: Vec<SagaPlegada> =
                historias.iter().filter_map(|historia| plegar_una(historia, peticion, informe)).collect();
            informe.leido.sagas += historias.len() as u64;
            self.tablas.guardar_plegadas(&plegadas).await?;
        }
    }

    async fn rehacer(&self, peticion: Peticion, informe: &mut Informe) -> Result<Hecho, ErrorReproceso> {
        let rehecho = self.tablas.rehacer(&informe.comparacion.ids_distintas, peticion.saga).await?;
        informe.despues = Some(self.tablas.comparar(peticion.saga).await?);
        let mut hecho = Hecho::from(rehecho);
        if peticion.saga.is_none() {
            self.restauracion.renacer(&mut hecho).await?;
        }
        self.restauracion.reanimar(&mut hecho).await?;
        Ok(hecho)
    }
}

fn plegar_una(historia: &Historia, peticion: Peticion, informe: &mut Informe) -> Option<SagaPlegada> {
    let pliegue = plegar(historia, peticion.desde_estado);
    let saga = historia.saga.0;
    if !pliegue.ausentes.is_empty() {
        informe.huecos.push(Hueco { saga, versiones: pliegue.ausentes });
    }
    match pliegue.falta {
        Some(Falta::Ilegible(_)) => informe.ilegibles.push(Hueco { saga, versiones: ilegibles(historia) }),
        Some(Falta::SinCabecera) => informe.sin_cabecera.anotar(historia.saga),
        Some(Falta::Hueco(_)) | None => {}
    }
    match pliegue.cotejo {
        Cotejo::SinEstado => {}
        Cotejo::Igual => informe.estados.iguales += 1,
        Cotejo::Distinto => informe.estados.distintos.anotar(historia.saga),
        Cotejo::Adelantado => informe.estados.adelantados += 1,
    }
    pliegue.plegada
}

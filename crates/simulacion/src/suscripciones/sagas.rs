use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use saga::{Causa, Mando};
use suscripciones::aplicacion::puertos::{Avance, ErrorRepositorio, Guardado, RepositorioSagas, Saga};
use suscripciones::aplicacion::{Tenencia, particion};
use suscripciones::dominio::IdSaga;

use super::base::{Base, Ilegible, Repetida};
use super::{Almacen, contrataciones, emisor};
use crate::Defecto;
use crate::nucleo::cerrojo;
use crate::tuberia::Corte;

#[async_trait]
impl RepositorioSagas for Almacen {
    async fn obtener(&self, ids: &[IdSaga]) -> Result<Vec<Saga>, ErrorRepositorio> {
        let leer = || {
            let base = cerrojo(&self.base);
            ids.iter().filter_map(|id| base.sagas.get(id)).map(|saga| legible(&base, saga)).collect()
        };
        self.via.transaccion("leer sagas", leer).await.map_err(corte)?
    }

    async fn vencidas(
        &self,
        ahora: DateTime<Utc>,
        tenencia: &Tenencia,
        apartadas: &[IdSaga],
        limite: i64,
    ) -> Result<Vec<IdSaga>, ErrorRepositorio> {
        let leer = || {
            let base = cerrojo(&self.base);
            let vence = |saga: &Saga| {
                let plazo = saga.estado.proximo_plazo()?;
                let suya = tenencia.epoca(particion(saga.id)).is_some() && !apartadas.contains(&saga.id);
                (suya && !saga.estado.fase.es_terminal() && plazo <= ahora.timestamp_millis()).then_some(plazo)
            };
            let mut vencidas: Vec<(i64, IdSaga)> =
                base.sagas.values().filter_map(|saga| Some((vence(saga)?, saga.id))).collect();
            vencidas.sort_unstable();
            vencidas.truncate(usize::try_from(limite).unwrap_or_default());
            vencidas.into_iter().map(|(_, id)| id).collect()
        };
        self.via.transaccion("leer plazos", leer).await.map_err(corte)
    }

    async fn guardar(&self, avances: &[Avance]) -> Result<Vec<Guardado>, ErrorRepositorio> {
        self.guardar_si(avances, |_, _| true).await
    }

    async fn guardar_vencidas(
        &self,
        avances: &[Avance],
        tenencia: &Tenencia,
    ) -> Result<Vec<Guardado>, ErrorRepositorio> {
        self.guardar_si(avances, |base, avance| {
            let lugar = particion(avance.saga.id);
            let vigente = tenencia.epoca(lugar).is_some_and(|epoca| base.arrendamientos.rige(lugar, epoca));
            if !vigente {
                self.via.nucleo.contar("plazo de una época pasada");
            }
            vigente
        })
        .await
    }
}

impl Almacen {
    async fn guardar_si(
        &self,
        avances: &[Avance],
        admite: impl Fn(&Base, &Avance) -> bool + Send + Sync,
    ) -> Result<Vec<Guardado>, ErrorRepositorio> {
        let escribir = || self.escribir(avances, &admite);
        let (guardados, salientes) = self.via.transaccion("guardar sagas", escribir).await.map_err(corte)??;
        self.despachador.entregar(salientes);
        Ok(guardados)
    }

    fn escribir(
        &self,
        avances: &[Avance],
        admite: &(impl Fn(&Base, &Avance) -> bool + Send + Sync),
    ) -> Result<(Vec<Guardado>, Vec<u64>), ErrorRepositorio> {
        let mut base = cerrojo(&self.base);
        let sin_valla = self.defecto == Defecto::SinValla;
        let vale = |avance: &Avance| {
            let fila = base.sagas.get(&avance.saga.id).map(|saga| saga.estado.version);
            let gana = sin_valla && fila.is_some() || fila == Some(avance.saga.estado.version);
            gana && admite(&base, avance)
        };
        let ganan: Vec<bool> = avances.iter().map(vale).collect();
        let ganadores: Vec<&Avance> = avances.iter().zip(&ganan).filter(|(_, gana)| **gana).map(|(a, _)| a).collect();
        if !sin_valla {
            comprobar_log(&base, &ganadores).map_err(datos)?;
        }
        let salientes = emisor::comandos(&base, &ganadores);
        for avance in &ganadores {
            anotar(&mut base, avance);
            if avance.estado.fase.es_terminal() {
                contrataciones::soltar(&mut base, avance.saga.suscripcion);
            }
            self.contar(avance);
        }
        let ids = base.bandeja.encolar(self.via.nucleo.ahora(), salientes);
        let guardado = |gana| {
            if gana {
                return Guardado::Escrito;
            }
            self.via.nucleo.contar("carrera perdida por una saga");
            Guardado::Conflicto
        };
        Ok((ganan.into_iter().map(guardado).collect(), ids))
    }

    fn contar(&self, avance: &Avance) {
        for entrada in &avance.entradas {
            self.via.nucleo.contar(match &entrada.causa {
                Causa::Iniciada { .. } => "entrada: iniciada",
                Causa::Respuesta { .. } => "entrada: respuesta",
                Causa::PlazoVencido { .. } => "entrada: plazo vencido",
                Causa::Mando { mando, .. } => orden(mando),
                Causa::Migrada { .. } => "entrada: migrada",
                Causa::Restaurada => "entrada: restaurada",
            });
            let (id, fase) = (avance.saga.id.0.simple(), avance.estado.fase);
            self.via.anotar(format_args!("saga {id:.6}: {:?} -> {fase:?}", entrada.causa));
        }
    }
}

fn orden(mando: &Mando) -> &'static str {
    match mando {
        Mando::Reintentar { .. } => "orden: reintentar",
        Mando::Saltar { .. } => "orden: saltar",
        Mando::Compensar => "orden: compensar",
        Mando::Pausar => "orden: pausar",
        Mando::Reanudar => "orden: reanudar",
        Mando::Abandonar => "orden: abandonar",
    }
}

/// The key of the log is the second fence.
pub fn comprobar_log(base: &Base, avances: &[&Avance]) -> Result<(), Repetida> {
    for avance in avances {
        let id = avance.saga.id;
        let desde = avance.saga.estado.version + 1;
        let hasta = avance.saga.estado.version + avance.entradas.len() as i64;
        if let Some(((id, version), _)) = base.log.range((id, desde)..=(id, hasta)).next() {
            return Err(Repetida::Entrada(*id, *version));
        }
    }
    Ok(())
}

/// Writes the row and the new entries of its log.
pub fn anotar(base: &mut Base, avance: &Avance) {
    for (version, entrada) in (avance.saga.estado.version + 1..).zip(&avance.entradas) {
        base.log.insert((avance.saga.id, version), entrada.clone());
    }
    base.sagas.insert(avance.saga.id, Saga { estado: avance.estado.clone(), ..avance.saga.clone() });
}

fn legible(base: &Base, saga: &Saga) -> Result<Saga, ErrorRepositorio> {
    if base.ilegibles.contains(&saga.id) { Err(datos(Ilegible(saga.id))) } else { Ok(saga.clone()) }
}

pub fn corte(corte: Corte) -> ErrorRepositorio {
    ErrorRepositorio::NoDisponible(Box::new(corte))
}

pub fn datos(error: impl std::error::Error + Send + Sync + 'static) -> ErrorRepositorio {
    ErrorRepositorio::Datos(Box::new(error))
}

/// A handle on the tables, shared by every instance.
pub type Tablas = Arc<Mutex<Base>>;

//! The running system under a benchmark, and the ways to load it and to look at it.

use std::collections::BTreeMap;
use std::time::Duration;

use administracion::Admin;
use anyhow::{Context, Result};

use super::carga::{Cadencia, Puerta, Tanda};
use super::consumo::{self, Lectura};
use super::fase::Fase;
use super::informe::Tramo;
use super::mensajes;
use super::seguimiento::Seguimiento;
use crate::consola::Tarea;
use crate::entorno::Entorno;
use crate::estado::Estado;
use crate::postgres::Conexion;
use crate::servicios::SERVICIOS;

/// Sagas of the warm-up: enough for the JIT of the broker, the pools and the plans of Postgres.
pub const CALENTADAS: u32 = 3000;
/// How long an idle system is watched.
const REPOSO: Duration = Duration::from_secs(10);
/// How often the memory is looked at along its sagas.
const TRAMOS: u32 = 10;

/// The running system and the ways to look at it.
pub struct Banco {
    pub estado: Estado,
    pub puerta: Puerta,
    admin: Admin,
}

impl Banco {
    pub fn nuevo(entorno: &Entorno, estado: Estado) -> Result<Self> {
        let bff = estado.proceso("bff-web").context("bff-web no está en marcha")?;
        Ok(Self {
            puerta: Puerta::nueva(bff.url.clone())?,
            admin: Admin::nuevo(&entorno.url_admin(), &entorno.espacio)?,
            estado,
        })
    }

    /// Warms up, so that what is measured is a system that has been running.
    pub async fn calentar(&self) -> Result<()> {
        self.medir("Calentando", "calentamiento-", (Cadencia::EnCurso(64), CALENTADAS)).await?;
        self.asentar().await
    }

    /// Gives the planner statistics, as autovacuum does once a minute: else when it comes decides the figures.
    async fn asentar(&self) -> Result<()> {
        for base in SERVICIOS.iter().filter_map(|servicio| servicio.base) {
            Conexion::abrir(self.estado.puertos.postgres, base).await?.ejecutar("vacuum analyze").await?;
        }
        Ok(())
    }

    /// The cores that each process keeps busy with nothing to do.
    pub async fn reposo(&self) -> Result<BTreeMap<String, f64>> {
        let tarea = Tarea::nueva("En reposo");
        mensajes::en_calma(&self.admin).await?;
        let antes = Lectura::tomar(&self.estado.procesos)?;
        tokio::time::sleep(REPOSO).await;
        let despues = Lectura::tomar(&self.estado.procesos)?;
        let tiempo = despues.tiempo_desde(&antes).as_secs_f64();
        tarea.lista("en reposo");
        Ok(despues.desde(&antes).into_iter().map(|(nombre, segundos)| (nombre, segundos / tiempo)).collect())
    }

    /// The memory of each process along many sagas.
    pub async fn tramos(&self, en_curso: u32, sagas: u32) -> Result<Vec<Tramo>> {
        let mut tramos = Vec::new();
        for tramo in 0..TRAMOS.min(sagas) {
            let total = sagas * (tramo + 1) / TRAMOS.min(sagas) - sagas * tramo / TRAMOS.min(sagas);
            let prefijo = format!("memoria-{tramo}-");
            let nombre = format!("Memoria {} de {TRAMOS}", tramo + 1);
            let fase = self.medir(&nombre, &prefijo, (Cadencia::EnCurso(en_curso), total)).await?;
            tramos.push(Tramo {
                pedidas: total,
                completadas: fase.completadas,
                memoria: consumo::memoria(&self.estado.procesos)?,
            });
        }
        Ok(tramos)
    }

    /// One run of requests, to the end of their sagas.
    pub async fn medir(&self, nombre: &str, prefijo: &str, (cadencia, total): (Cadencia, u32)) -> Result<Fase> {
        let mut seguimiento = Seguimiento::nuevo(self.estado.puertos.postgres, prefijo.to_owned()).await?;
        let publicados = mensajes::en_calma(&self.admin).await?;
        let tarea = Tarea::con_total(nombre, u64::from(total));
        let antes = Lectura::tomar(&self.estado.procesos)?;
        let envios = Tanda::nueva(prefijo, total, cadencia).correr(&self.puerta, &mut seguimiento, &tarea).await?;
        let despues = Lectura::tomar(&self.estado.procesos)?;
        tarea.lista(format!("{nombre}: {total} sagas"));
        let nuevos = mensajes::diferencia(&publicados, &mensajes::en_calma(&self.admin).await?);
        Fase::nueva((cadencia, total), &envios, &seguimiento.finales().await?, [&antes, &despues], nuevos)
    }
}

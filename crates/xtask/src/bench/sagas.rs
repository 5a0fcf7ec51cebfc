//! `bench sagas`: PRO sagas through a whole system of its own.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use clap::Args;

use super::carga::{CUPOS_MAXIMOS, Cadencia, Puerta, Tanda};
use super::consumo::{self, Lectura};
use super::fase::Fase;
use super::informe::{self, Informe, Maquina, Tramo};
use super::mensajes;
use super::seguimiento::Seguimiento;
use crate::arranque::{Perfil, compilar};
use crate::consola::{Tarea, fallo, hecho};
use crate::entorno::{Alcance, Entorno};
use crate::estado::Estado;
use crate::ordenes::o_bajar;
use crate::postgres::Conexion;
use crate::servicios::SERVICIOS;
use crate::{herramientas, rutas};
use administracion::Admin;

/// Enough for the JIT of the broker, the pools and the plans of Postgres.
const CALENTAMIENTO: (Cadencia, u32) = (Cadencia::EnCurso(64), 3000);
/// How long an idle system is watched.
const REPOSO: Duration = Duration::from_secs(10);
/// How often the memory is looked at along its sagas.
const TRAMOS: u32 = 10;

#[derive(Args)]
pub struct Sagas {
    /// Sagas por segundo del lazo abierto.
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    ritmo: u32,
    /// Segundos del lazo abierto.
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=3600))]
    segundos: u32,
    /// Sagas del lazo cerrado.
    #[arg(long, default_value_t = 2000, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    sagas: u32,
    /// Sagas en curso a la vez en el lazo cerrado.
    #[arg(long, default_value_t = 256, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    en_curso: u32,
    /// Sagas de más, en diez tandas tras las que se mira la memoria de cada proceso.
    #[arg(long, value_name = "SAGAS", default_value_t = 0, value_parser = clap::value_parser!(u32).range(0..=100_000))]
    memoria: u32,
    /// Mide la compilación de desarrollo, que es mucho más lenta, en vez de la de release.
    #[arg(long)]
    dev: bool,
    /// Escribe además las cifras como JSON.
    #[arg(long, value_name = "FICHERO")]
    json: Option<PathBuf>,
}

impl Sagas {
    /// Fails if any saga does not complete; then what the processes wrote stays for looking at.
    pub async fn ejecutar(self) -> Result<ExitCode> {
        let todas = self.todas();
        ensure!(todas <= CUPOS_MAXIMOS, "serían {todas} sagas con el calentamiento, y caben {CUPOS_MAXIMOS}");
        let perfil = if self.dev { Perfil::Desarrollo } else { Perfil::Release };
        // Not ephemeral: what is measured is a system that survives a crash of the machine.
        let mut entorno = Entorno::aparte("bench")?;
        (entorno.perfil, entorno.efimero) = (perfil, false);
        // What an interrupted run left.
        entorno.bajar().await?;
        entorno.borrar()?;
        let informe = o_bajar(&entorno, self.medir(&entorno)).await?;
        entorno.bajar().await?;
        if let Some(ruta) = &self.json {
            let json = serde_json::to_vec_pretty(&informe)?;
            fs::write(ruta, json).with_context(|| format!("no se pudo escribir {}", ruta.display()))?;
            hecho(format!("cifras en {}", ruta.display()));
        }
        if !informe.completo() {
            fallo(format!(
                "no todas las sagas se completaron; los registros quedan en {}",
                rutas::corta(&entorno.carpeta)
            ));
            return Ok(ExitCode::FAILURE);
        }
        entorno.borrar()?;
        Ok(ExitCode::SUCCESS)
    }

    async fn medir(&self, entorno: &Entorno) -> Result<Informe> {
        herramientas::preparar().await?;
        compilar(entorno.perfil).await?;
        let maquina = Maquina::esta()?;
        let banco = Banco::nuevo(entorno, entorno.levantar(Alcance::Completo).await?)?;
        let (abierto, cerrado) = self.tandas();
        banco.puerta.hacer_sitio(self.todas()).await?;
        banco.medir("Calentando", "calentamiento-", CALENTAMIENTO).await?;
        banco.asentar().await?;
        maquina.mostrar();
        let lazo_abierto = banco.medir("Lazo abierto", "abierto-", abierto).await?;
        informe::mostrar_fase(&lazo_abierto);
        let lazo_cerrado = banco.medir("Lazo cerrado", "cerrado-", cerrado).await?;
        informe::mostrar_fase(&lazo_cerrado);
        let tramos = banco.tramos(self.en_curso, self.memoria).await?;
        informe::mostrar_tramos(&tramos);
        let memoria = consumo::memoria(&banco.estado.procesos)?;
        let reposo = banco.reposo().await?;
        informe::mostrar_reposo(&memoria, &reposo);
        Ok(Informe { maquina, perfil: entorno.perfil, lazo_abierto, lazo_cerrado, tramos, memoria, reposo })
    }

    fn todas(&self) -> u32 {
        CALENTAMIENTO.1 + self.ritmo * self.segundos + self.sagas + self.memoria
    }

    fn tandas(&self) -> ((Cadencia, u32), (Cadencia, u32)) {
        let abierto = (Cadencia::Ritmo(self.ritmo), self.ritmo * self.segundos);
        (abierto, (Cadencia::EnCurso(self.en_curso), self.sagas))
    }
}

/// The running system and the ways to look at it.
struct Banco {
    estado: Estado,
    puerta: Puerta,
    admin: Admin,
}

impl Banco {
    fn nuevo(entorno: &Entorno, estado: Estado) -> Result<Self> {
        let bff = estado.proceso("bff-web").context("bff-web no está en marcha")?;
        Ok(Self {
            puerta: Puerta::nueva(bff.url.clone())?,
            admin: Admin::nuevo(&entorno.url_admin(), &entorno.espacio)?,
            estado,
        })
    }

    /// Gives the planner statistics, as autovacuum does once a minute: else when it comes decides the figures.
    async fn asentar(&self) -> Result<()> {
        for base in SERVICIOS.iter().filter_map(|servicio| servicio.base) {
            Conexion::abrir(self.estado.puertos.postgres, base).await?.ejecutar("vacuum analyze").await?;
        }
        Ok(())
    }

    /// The cores that each process keeps busy with nothing to do.
    async fn reposo(&self) -> Result<BTreeMap<String, f64>> {
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
    async fn tramos(&self, en_curso: u32, sagas: u32) -> Result<Vec<Tramo>> {
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

    async fn medir(&self, nombre: &str, prefijo: &str, (cadencia, total): (Cadencia, u32)) -> Result<Fase> {
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

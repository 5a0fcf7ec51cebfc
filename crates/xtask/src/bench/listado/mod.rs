//! `bench listado`: the list of sagas with a million of them in the table, through the service's own route.

mod preguntas;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use clap::Args;
use reqwest::Client;
use serde::Serialize;

use super::informe::Maquina;
use super::marco::Marco;
use super::percentiles::{Latencias, Percentiles};
use crate::arranque::{self, Perfil, compilar_estos};
use crate::consola::{Tarea, fallo, hecho, linea, negrita, tenue, titulo};
use crate::entorno::{Alcance, Entorno};
use crate::herramientas;
use crate::postgres::Conexion;

const SAGAS: u32 = 1_000_000;
const TANDA: u32 = 100_000;
/// What an operator notices as a wait.
const META: Duration = Duration::from_millis(50);
const PLAZO: Duration = Duration::from_secs(60);
const SERVICIO: &str = "suscripciones";
const LLENAR: &str = include_str!("llenar.sql");

#[derive(Args)]
pub struct Listado {
    /// Veces que se hace cada pregunta.
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=1000))]
    veces: u32,
    /// Combinaciones de filtros al azar, además de las que se muestran una a una.
    #[arg(long, default_value_t = 300, value_parser = clap::value_parser!(u32).range(0..=10_000))]
    al_azar: u32,
    #[command(flatten)]
    marco: Marco,
}

#[derive(Serialize)]
struct Informe {
    maquina: Maquina,
    perfil: Perfil,
    sagas: u32,
    preguntas: Vec<Medida>,
    /// The slowest of the random ones first.
    al_azar: Vec<Medida>,
}

#[derive(Serialize)]
struct Medida {
    pregunta: String,
    elementos: usize,
    #[serde(flatten)]
    latencia: Percentiles,
}

impl Listado {
    /// Fails if the median of any question passes 50 ms.
    pub async fn ejecutar(self) -> Result<ExitCode> {
        let (entorno, informe) = self.marco.medir("bench-listado", async |entorno| self.medir(entorno).await).await?;
        entorno.borrar()?;
        let lentas = informe.preguntas.iter().chain(&informe.al_azar).filter(|m| m.latencia.p50 > ms(META)).count();
        if lentas > 0 {
            fallo(format!("{lentas} preguntas pasan de {} ms", META.as_millis()));
            return Ok(ExitCode::FAILURE);
        }
        hecho(format!("ninguna pregunta pasa de {} ms", META.as_millis()));
        Ok(ExitCode::SUCCESS)
    }

    async fn medir(&self, entorno: &Entorno) -> Result<Informe> {
        herramientas::preparar().await?;
        compilar_estos(entorno.perfil, &[SERVICIO]).await?;
        let maquina = Maquina::esta()?;
        let estado = entorno.levantar(Alcance::BaseDeDatos).await?;
        // Alone and without a broker: it is never ready, and answers all the same.
        let servicio = arranque::solo(entorno, SERVICIO)?;
        let puerta =
            Puerta { cliente: Client::builder().no_proxy().timeout(PLAZO).build()?, url: servicio.url.clone() };
        let resultado = async {
            puerta.esperar().await?;
            llenar(estado.puertos.postgres).await?;
            maquina.mostrar();
            self.preguntar(&puerta, estado.puertos.postgres).await
        };
        let resultado = resultado.await;
        servicio.terminar(PLAZO).await?;
        let (preguntas, al_azar) = resultado?;
        Ok(Informe { maquina, perfil: entorno.perfil, sagas: SAGAS, preguntas, al_azar })
    }

    async fn preguntar(&self, puerta: &Puerta, puerto: u16) -> Result<(Vec<Medida>, Vec<Medida>)> {
        let ejemplo = preguntas::Ejemplo::leer(puerto).await?;
        titulo(format!("GET /sagas con {SAGAS} sagas: milisegundos, {} veces cada pregunta", self.veces));
        let mut fijas = Vec::new();
        for pregunta in preguntas::fijas(&ejemplo) {
            let medida = puerta.medir(pregunta, self.veces).await?;
            mostrar(&medida);
            fijas.push(medida);
        }
        let tarea = Tarea::con_total("Combinaciones al azar", u64::from(self.al_azar));
        let mut al_azar = Vec::new();
        for pregunta in preguntas::al_azar(&ejemplo, self.al_azar) {
            al_azar.push(puerta.medir(pregunta, self.veces).await?);
            tarea.avanzar(1);
        }
        tarea.lista(format!("{} combinaciones al azar; las cinco más lentas:", self.al_azar));
        al_azar.sort_by(|a, b| b.latencia.p50.total_cmp(&a.latencia.p50));
        al_azar.iter().take(5).for_each(mostrar);
        Ok((fijas, al_azar))
    }
}

fn ms(tiempo: Duration) -> f64 {
    tiempo.as_secs_f64() * 1000.0
}

fn mostrar(medida: &Medida) {
    let Percentiles { p50, p99, max, .. } = medida.latencia;
    let cifras = format!("mediana {p50:>6.1}  p99 {p99:>6.1}  peor {max:>6.1}");
    linea(format!("  {}  {:>3} filas  {}", negrita(cifras), medida.elementos, tenue(&medida.pregunta)));
}

/// Every flow gets three retired versions, so that sagas can name them; then the sagas.
async fn llenar(puerto: u16) -> Result<()> {
    let tarea = Tarea::con_total("Escribiendo un millón de sagas", u64::from(SAGAS));
    let mut conexion = Conexion::abrir(puerto, SERVICIO).await?;
    conexion
        .ejecutar(
            "insert into definicion_saga
             select (jsonb_populate_record(d, jsonb_build_object('clave', 'flujo-' || f, 'version', v,
                     'estado', 'retirada', 'documento',
                     d.documento || jsonb_build_object('clave', 'flujo-' || f, 'version', v)))).*
             from definicion_saga as d cross join generate_series(1, 6) as f cross join generate_series(1, 3) as v
             where d.clave = 'suscripcion-pro' and d.version = 1;
             set synchronous_commit = off",
        )
        .await?;
    for desde in (0..SAGAS).step_by(TANDA as usize) {
        conexion.ejecutar(&LLENAR.replace("$desde", &desde.to_string())).await?;
        tarea.avanzar(u64::from(TANDA));
    }
    // As autovacuum leaves it.
    conexion.ejecutar("vacuum analyze saga").await?;
    tarea.lista("un millón de sagas escritas");
    Ok(())
}

struct Puerta {
    cliente: Client,
    url: String,
}

impl Puerta {
    async fn esperar(&self) -> Result<()> {
        let limite = Instant::now() + PLAZO;
        while self.pedir("limite=1").await.is_err() {
            ensure!(Instant::now() < limite, "{SERVICIO} no responde");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Ok(())
    }

    /// How many sagas the first page has.
    async fn pedir(&self, consulta: &str) -> Result<usize> {
        let respuesta = self.cliente.get(format!("{}/sagas?{consulta}", self.url)).send().await?;
        let estado = respuesta.status();
        let cuerpo: serde_json::Value = serde_json::from_slice(&respuesta.bytes().await?)?;
        ensure!(estado.is_success(), "/sagas?{consulta}: {estado}: {cuerpo}");
        Ok(cuerpo["elementos"].as_array().map_or(0, Vec::len))
    }

    async fn medir(&self, pregunta: String, veces: u32) -> Result<Medida> {
        let mut latencias = Latencias::nuevas()?;
        let mut elementos = 0;
        for _ in 0..veces {
            let inicio = Instant::now();
            elementos = self.pedir(&pregunta).await?;
            latencias.anotar(inicio.elapsed())?;
        }
        let latencia = latencias.percentiles().context("ninguna medida")?;
        Ok(Medida { pregunta, elementos, latencia })
    }
}
